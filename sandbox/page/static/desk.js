// Where agents work in an opened conversation: answer, note, close, reopen, assign, and take a reply back in time.
import { now } from "./clock.js";
import { encoded } from "./composer.js";
import { $, el, post } from "./dom.js";
import { doing } from "./message.js";

const TICK_MS = 200;

export class Desk {
  constructor(form) {
    this.form = form;
    this.item = null;
    this.who = el("select", { id: "desk-as", onchange: () => this.#show() });
    this.modes = ["reply", "note"].map((mode) => el("button", { type: "button", id: `desk-${mode}`, onclick: () => this.#choose(mode) }, mode === "reply" ? "Reply" : "Internal note"));
    this.text = el("textarea", { id: "desk-text", rows: "3", maxlength: "20000" });
    this.label = el("label", { class: "visually-hidden", for: "desk-text" });
    this.picker = el("input", { type: "file", multiple: true, class: "visually-hidden", "aria-label": "Attach files", onchange: () => this.#show() });
    this.attached = el("span", { "aria-hidden": "true" });
    this.answer = el("button", { class: "primary" });
    this.answerAndClose = el("button", { type: "button", onclick: () => this.#write(true) }, "Answer and close");
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    form.append(
      el("div", { class: "row" }, el("div", { class: "who" }, el("label", { for: "desk-as" }, "as"), this.who), el("div", { class: "switch", role: "group", "aria-label": "What to write" }, ...this.modes)),
      this.label, this.text,
      el("div", { class: "row" }, this.answer, this.answerAndClose, el("span", { class: "fill" }), el("label", { class: "attach", title: "Attach files" }, this.picker, this.attached)),
      this.wrong);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#write(false); });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    });
    this.mode = "reply";
    setInterval(() => countDown(), TICK_MS);
    this.#show();
  }

  // The conversation the agents are in now, or null; what was being written for another one is left behind.
  open(item, agents) {
    if ([...this.who.options].map((option) => option.value).join() !== agents.join()) this.who.replaceChildren(...agents.map((name) => el("option", { value: name }, name)));
    if (item?.number !== this.item?.number) {
      this.text.value = this.picker.value = "";
      this.mode = "reply";
      this.#say("");
    }
    this.item = item;
    this.form.hidden = !item;
    this.#show();
  }

  // The buttons beside a conversation's status.
  acts(item) {
    const closed = item.status === "closed";
    const set = (status) => () => doing(post("api/freescout/status", { number: item.number, agent: this.who.value, status }));
    const assign = () => doing(post("api/freescout/assignee", { number: item.number, agent: this.who.value }));
    return [
      el("button", { type: "button", class: "quiet", "data-act": "status", onclick: set(closed ? "active" : "closed") }, closed ? "Reopen" : "Close"),
      el("button", { type: "button", class: "quiet", "data-act": "assign", onclick: assign }, "Assign to me"),
    ];
  }

  // What can still be done with one entry: take a reply back while the time runs, or send a draft.
  entryActs(entry) {
    const about = { thread: entry.id, agent: entry.agent };
    if (entry.draft) return [el("button", { type: "button", class: "quiet", "data-act": `send-${entry.id}`, onclick: () => doing(post("api/freescout/drafts", about)) }, "Send it now")];
    if (left(entry.undo_until) <= 0) return [];
    return [el("button", { type: "button", class: "quiet undo", "data-act": `undo-${entry.id}`, "data-until": entry.undo_until, onclick: () => doing(post("api/freescout/undo", about)) }, undoText(entry.undo_until))];
  }

  #choose(mode) {
    this.mode = mode;
    this.#show();
    this.text.focus();
  }

  #show() {
    const note = this.mode === "note";
    for (const button of this.modes) button.setAttribute("aria-pressed", String(button.id === `desk-${this.mode}`));
    this.form.classList.toggle("note", note);
    this.answer.textContent = note ? "Add note" : "Answer";
    this.answerAndClose.hidden = note;
    const words = note ? "Internal note: never shown to customers" : `Answer ${this.item?.customer || "the customer"}`;
    this.text.placeholder = words;
    this.label.textContent = words;
    const count = this.picker.files.length;
    this.attached.textContent = count ? `📎 ${count}` : "📎";
    const assign = $("freescout-open").querySelector("[data-act='assign']");
    if (assign && this.item) assign.hidden = this.item.assignee === this.who.value;
  }

  async #write(close) {
    const files = await Promise.all([...this.picker.files].map(encoded)).catch((error) => this.#say(error.message));
    if (!files) return;
    if (!this.text.value.trim() && !files.length) return this.text.focus();
    const path = this.mode === "note" ? "api/freescout/notes" : "api/freescout/replies";
    this.answer.disabled = this.answerAndClose.disabled = true;
    try {
      await post(path, { number: this.item.number, agent: this.who.value, text: this.text.value, files, close });
      this.text.value = this.picker.value = "";
      this.#say("");
      this.#show();
    } catch (error) {
      this.#say(error.message);
    } finally {
      this.answer.disabled = this.answerAndClose.disabled = false;
      this.text.focus();
    }
  }

  #say(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }
}

const left = (until) => until - now() / 1000;
const undoText = (until) => `Undo (${Math.ceil(left(until))} s)`;

function countDown() {
  for (const button of document.querySelectorAll("button.undo")) {
    const until = Number(button.dataset.until);
    if (left(until) > 0) button.textContent = undoText(until);
    else button.remove();
  }
}
