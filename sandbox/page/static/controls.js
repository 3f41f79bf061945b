// The controls below a message in Discord: buttons, menus, and buttons that are links.
import { el } from "./dom.js";

const STYLES = { 1: "primary", 3: "yes", 4: "no" };

// `press(control, value)` does what a click on a button or a choice in a menu does; without it they only show.
export function controls(item, press) {
  if (!item.controls?.length) return null;
  return el("div", { class: "controls" }, item.controls.map((row) =>
    el("div", { class: "buttons" }, row.map((each) => (each.options ? menu(item, each, press) : each.href ? link(each) : button(item, each, press))))));
}

function button(item, each, press) {
  return el("button", { type: "button", class: STYLES[each.style] ?? "", disabled: each.disabled || !press,
    "data-act": `press-${item.id}-${each.id}`, onclick: () => press(each.id) }, each.label);
}

// app.js leads to the place on this page, where there is one.
function link(each) {
  return el("a", { class: "button", href: each.href, target: "_blank", rel: "noopener noreferrer" }, each.label, el("span", { "aria-hidden": "true" }, " ↗"));
}

function menu(item, each, press) {
  const choose = async (event) => {
    const select = event.target;
    await press(each.id, select.value);
    // What counts is what the bot made of it; then the message is drawn anew.
    select.value = each.chosen;
  };
  const select = el("select", { "aria-label": each.placeholder, disabled: each.disabled || !press, "data-act": `choose-${item.id}-${each.id}`, onchange: choose },
    el("option", { value: "", disabled: true }, each.placeholder), each.options.map((option) => el("option", { value: option.value }, option.label)));
  select.value = each.chosen;
  return select;
}
