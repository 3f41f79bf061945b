// Building and updating the page. Text always becomes text nodes; only `html` takes markup, which the server has cleaned.
import { timeText } from "./clock.js";

export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "hue") node.style.setProperty("--hue", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export function cleanedHtml(markup) {
  const node = el("div", { class: "text html" });
  node.innerHTML = markup;
  return node;
}

// Keeps the nodes whose item has not changed, so that focus, selection and scrolling stay where they are.
export function reconcile(parent, items, draw) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const json = JSON.stringify(item);
    let node = known.get(String(item.id));
    known.delete(String(item.id));
    if (!node || node.json !== json) {
      const fresh = draw(item);
      fresh.dataset.key = item.id;
      fresh.json = json;
      if (node) {
        if (place === node) place = fresh;
        swap(node, fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of known.values()) node.remove();
}

function swap(node, fresh) {
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
  node.replaceWith(fresh);
  if (focused) fresh.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

// Keeps the end of a list in view for whoever is reading there, also when the list itself gets smaller.
export function stickToEnd(list) {
  list.atEnd = true;
  list.addEventListener("scroll", () => { list.atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60; });
  new ResizeObserver(() => keepingEnd(list, () => {})).observe(list);
}

export function keepingEnd(list, change) {
  const atEnd = list.atEnd;
  change();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

export function timeOf(seconds) {
  const moment = new Date(seconds * 1000);
  return el("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, timeText(moment));
}

export function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function showNotice(text) {
  const notice = $("notice");
  notice.textContent = text;
  notice.hidden = !text;
}

export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The sandbox refused this (${response.status}).`);
  return answer;
}
