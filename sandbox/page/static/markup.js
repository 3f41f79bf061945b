// Discord's markdown as nodes, ticket numbers that open the ticket, and links that lead to the other worlds on this page.
import { stampText } from "./clock.js";
import { el } from "./dom.js";

const INLINE = /(\*\*(?<bold>[^*]+)\*\*|__(?<under>[^_]+)__|(?<![\w*])[*_](?<italic>[^*_\n]+)[*_](?![\w*])|~~(?<gone>[^~]+)~~|`(?<code>[^`]+)`|<@!?(?<who>\d+)>|<@&(?<role>\d+)>|<#(?<channel>\d+)>|<t:(?<stamp>\d+)(?::(?<style>[a-zA-Z]))?>|\[(?<label>[^\]]+)\]\(<?(?<target>https?:\/\/[^\s)>]+)>?\)|<?(?<url>https?:\/\/[^\s<>]+)>?)/;

export function discordText(text, mentions = {}) {
  const node = el("div", { class: "text" });
  for (const [index, part] of text.split("```").entries()) {
    if (index % 2) node.append(el("pre", {}, el("code", {}, part.replace(/^\w*\n/, "").replace(/\n$/, ""))));
    else node.append(...lines(part, mentions));
  }
  linkTickets(node);
  return node;
}

function lines(text, mentions) {
  const made = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.startsWith("> ")) made.push(el("blockquote", {}, ...inline(line.slice(2), mentions)));
    else {
      if (index && made.at(-1)?.tagName !== "BLOCKQUOTE") made.push("\n");
      const subtext = line.startsWith("-# ");
      const item = /^(\s*)[-*] (.*)$/.exec(line);
      if (item) made.push(`${item[1]}• `, ...inline(item[2], mentions));
      else made.push(...(subtext ? [el("small", {}, ...inline(line.slice(3), mentions))] : inline(line, mentions)));
    }
  }
  return made;
}

function inline(text, mentions) {
  const made = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) made.push(unescape_(rest.slice(0, match.index)));
    made.push(styled(match.groups, mentions));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) made.push(unescape_(rest));
  return made;
}

function styled(found, mentions) {
  if (found.bold) return el("strong", {}, ...inline(found.bold, mentions));
  if (found.under) return el("u", {}, ...inline(found.under, mentions));
  if (found.italic) return el("em", {}, ...inline(found.italic, mentions));
  if (found.gone) return el("del", {}, ...inline(found.gone, mentions));
  if (found.code) return el("code", {}, found.code);
  if (found.who) return el("span", { class: "mention" }, `@${mentions[found.who] || "somebody"}`);
  if (found.role) return el("span", { class: "mention" }, `@${mentions[found.role] || "role"}`);
  if (found.channel) return el("span", { class: "mention" }, "#channel");
  if (found.stamp) return stamp(new Date(Number(found.stamp) * 1000), found.style);
  return el("a", { href: found.target || found.url, target: "_blank", rel: "noopener noreferrer" }, found.label || found.url);
}

// The distances go on changing: timemachine.js writes them anew.
function stamp(moment, style = "f") {
  return el("time", { class: "stamp", datetime: moment.toISOString(), title: stampText(moment, "F"), "data-style": style }, stampText(moment, style));
}

const unescape_ = (text) => text.replace(/\\([\\*_~`|<>#@\-[\]()])/g, "$1").replaceAll("\u200b", "");

// "#1001" in any text of the page opens that ticket; the click is handled in links.js.
export function linkTickets(node) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (/#\d{1,9}\b/.test(walker.currentNode.data)) found.push(walker.currentNode);
  for (const text of found) {
    if (text.parentElement.closest("a, button, code")) continue;
    const parts = text.data.split(/(#\d{1,9}\b)/);
    text.replaceWith(...parts.map((part, index) =>
      index % 2 ? el("button", { type: "button", class: "link", "data-ticket": part.slice(1) }, part) : part));
  }
  return node;
}
