// The time in the sandbox: the real one plus whatever was skipped. Both are this machine's, so only the skip is sent.
let ahead = 0;

export const now = () => Date.now() + ahead * 1000;

export function setAhead(seconds) {
  ahead = seconds;
}

export function timeText(moment) {
  const time = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const today = moment.toDateString() === new Date(now()).toDateString();
  return today ? time : `${moment.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
