// One message, drawn the same way in both chats.
import { controls } from "./controls.js";
import { cleanedHtml, el, showNotice, sizeOf, timeOf } from "./dom.js";
import { discordText, linkTickets } from "./markup.js";

const seen = new Set();
let settled = false;
export const settle = () => { settled = true; };

// What is drawn because somebody went there is not news.
export function quietly(draw) {
  const before = settled;
  settled = false;
  draw();
  settled = before;
}

// The first drawing of the page is not news either; what appears later shines for a moment.
export function isFresh(id) {
  const fresh = settled && !seen.has(id);
  seen.add(id);
  return fresh;
}

// `react(emoji)` and `press(control, value)` are what a click on one of them does; without `react` reactions only show.
export function message(item, { acts = [], thread = null, react = null, press = null } = {}) {
  const node = el("div", { class: `message${isFresh(item.id) ? " fresh" : ""}`, id: `e-${item.id}` });
  const content = el("div", {},
    item.reply_to && el("div", { class: "reply-to" }, item.reply_to.author && `${item.reply_to.author}: `, item.reply_to.text),
    el("div", { class: "byline" }, el("b", {}, item.author), item.bot && el("span", { class: "mark" }, "bot"), timeOf(item.at),
      item.edited && el("span", { class: "mark" }, "edited"),
      acts.length > 0 && el("span", { class: "acts" }, ...acts)),
    body(item), ...(item.embeds || []).map(card), files(item.files), controls(item, press), reactions(item, react));
  node.append(face(item), content);
  if (thread) node.append(thread);
  return node;
}

function face(item) {
  let hue = 0;
  for (const letter of item.author) hue = (hue * 31 + letter.codePointAt(0) * 137) % 360;
  return el("div", { class: `face${item.bot ? " bot" : ""}`, "aria-hidden": "true", hue: String(hue) }, [...item.author][0] || "?");
}

function body(item) {
  if (item.system) return el("div", { class: "text soft" }, item.system, item.text && `: ${item.text}`);
  if (item.html) return linkTickets(cleanedHtml(item.html));
  if (!item.text) return null;
  if (item.mentions) return discordText(item.text, item.mentions);
  return linkTickets(el("div", { class: `text${item.notice ? " soft" : ""}` }, item.text));
}

function card(embed) {
  return el("div", { class: "card" }, embed.title && el("h4", {}, embed.title), embed.text && discordText(embed.text),
    embed.fields.length > 0 && el("dl", {}, embed.fields.flatMap((field) => [el("dt", {}, field.name), el("dd", {}, field.value)])));
}

export function files(list) {
  if (!list || !list.length) return null;
  return el("div", { class: "files" }, list.map((file) => {
    const about = [file.image && el("img", { src: file.href, alt: "" }), `${file.name} · ${sizeOf(file.size)}`];
    return file.href ? el("a", { href: file.href, download: file.name }, ...about) : el("span", {}, ...about);
  }));
}

function reactions(item, react) {
  if (!item.reactions.length) return null;
  return el("div", { class: "reactions" }, item.reactions.map((each) => {
    const about = { title: each.by.join(", "), "aria-label": `${each.emoji} by ${each.by.join(", ")}` };
    const text = each.count > 1 ? `${each.emoji} ${each.count}` : each.emoji;
    if (!react) return el("span", { ...about, role: "img" }, text);
    return el("button", { ...about, type: "button", "data-act": `react-${item.id}-${each.emoji}`, onclick: () => react(each.emoji) }, text);
  }));
}

const closed = new Set();

// A thread shown in its place. Whoever folds it finds it folded after the next change.
export function threadBox(id, title, inside, className = "") {
  const box = el("details", { class: `thread ${className}`, open: !closed.has(id), id: `t-${id}` }, el("summary", {}, title), el("div", { class: "inside" }, ...inside));
  box.addEventListener("toggle", () => (box.open ? closed.delete(id) : closed.add(id)));
  return box;
}

export function act(name, id, text, run) {
  return el("button", { type: "button", class: "bare", "data-act": `${name}-${id}`, onclick: run }, text);
}

// Sends what a click asks for; what went wrong is said at the top of the page.
export async function doing(promise) {
  try {
    const answer = await promise;
    showNotice("");
    return answer;
  } catch (error) {
    showNotice(error.message);
    return null;
  }
}
