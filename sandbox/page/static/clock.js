// The time in the sandbox: the real one plus whatever was skipped. Both are this machine's, so only the skip is sent.
let ahead = 0;

export const now = () => Date.now() + ahead * 1000;

export function setAhead(seconds) {
  ahead = seconds;
}

// How Discord shows <t:UNIX:STYLE> in a message.
const STYLES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

export function stampText(moment, style) {
  if (style !== "R") return moment.toLocaleString([], { ...(STYLES[style] ?? STYLES.f), hourCycle: "h23" });
  const seconds = Math.round((moment - now()) / 1000);
  // What is almost an hour is called an hour.
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= 0.95 * each) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat().format(Math.round(seconds / length), unit);
}

export function timeText(moment) {
  const time = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const today = moment.toDateString() === new Date(now()).toDateString();
  return today ? time : `${moment.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
