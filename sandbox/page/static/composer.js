// Where people write: as whom, where to, the text, and files.
import { el } from "./dom.js";

const BIGGEST_FILE = 15 * 1024 * 1024;

export class Composer {
  // send(values) returns a promise; values: {member, text, title, files, target}. `onwho` hears of another writer.
  constructor(form, { name, send, onwho = () => {} }) {
    this.form = form;
    this.send = send;
    this.target = null;
    this.who = el("select", { id: `${name}-as`, onchange: onwho });
    this.where = el("span", { class: "target" });
    this.leave = el("button", { type: "button", class: "bare", "aria-label": "Write to the channel again", onclick: () => this.aim(null) }, "×");
    this.title = el("input", { id: `${name}-post-title`, maxlength: "100", placeholder: "Title of the post", autocomplete: "off" });
    this.titleField = el("div", {}, el("label", { class: "visually-hidden", for: `${name}-post-title` }, "Title of the post"), this.title);
    this.text = el("textarea", { id: `${name}-text`, rows: "1", maxlength: "2000" });
    this.label = el("label", { class: "visually-hidden", for: `${name}-text` });
    this.picker = el("input", { type: "file", multiple: true, class: "visually-hidden", "aria-label": "Attach files", onchange: () => this.#count() });
    this.attach = el("label", { class: "attach", title: "Attach files" }, this.picker, this.attached = el("span", { "aria-hidden": "true" }, "📎"));
    this.button = el("button", { class: "primary" }, "Send");
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    form.append(
      el("div", { class: "row" }, el("div", { class: "who" }, el("label", { for: `${name}-as` }, "as"), this.who), this.where, this.leave),
      this.titleField, this.label,
      el("div", { class: "row end" }, this.text, this.attach, this.button), this.wrong);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    });
    this.text.addEventListener("input", () => this.#grow());
    this.place({ title: "", forum: false, people: [] });
  }

  // As whom people write and click now.
  get member() {
    return this.who.value;
  }

  // Where top-level messages go now: {title, forum, people}, and instead of "in TITLE" maybe {where}.
  place(place) {
    this.here = place;
    const names = place.people.map((person) => person.name);
    if ([...this.who.options].map((option) => option.value).join() !== names.join()) {
      const before = this.who.value;
      this.who.replaceChildren(...place.people.map((person) =>
        el("option", { value: person.name }, person.triager ? `${person.name} (triager)` : person.name)));
      if (names.includes(before)) this.who.value = before;
    }
    this.#show();
  }

  // Write into a thread, as a reply, or over a message: {label, text, ...}; null is the channel itself.
  aim(target, focus = true) {
    if (target?.text !== undefined || this.target?.text !== undefined) this.text.value = target?.text ?? "";
    this.target = target;
    this.#show();
    this.#grow();
    if (focus) this.text.focus();
  }

  #show() {
    const forum = this.here.forum && !this.target;
    this.titleField.hidden = !forum;
    this.attach.hidden = forum || this.target?.text !== undefined;
    this.who.disabled = this.target?.text !== undefined;
    this.leave.hidden = !this.target;
    this.where.textContent = this.target ? this.target.label : forum ? `new post in ${this.here.title}` : this.here.where ?? `in ${this.here.title}`;
    this.where.classList.toggle("narrow", Boolean(this.target));
    const words = forum ? "What is it about?" : this.target ? "Write here" : `Message ${this.here.title}`;
    this.text.placeholder = words;
    this.label.textContent = words;
    this.button.textContent = forum ? "Post" : this.target?.text !== undefined ? "Save" : "Send";
  }

  async #submit() {
    const files = await Promise.all([...this.picker.files].map(encoded)).catch((error) => this.#say(error.message));
    if (!files) return;
    if (!this.text.value.trim() && !files.length) return this.text.focus();
    this.button.disabled = true;
    try {
      await this.send({ member: this.who.value, text: this.text.value, title: this.title.value, files, target: this.target });
      this.text.value = this.title.value = this.picker.value = "";
      if (this.target?.text !== undefined) this.aim(null, false);
      this.#count();
      this.#grow();
      this.#say("");
    } catch (error) {
      this.#say(error.message);
    } finally {
      this.button.disabled = false;
      this.text.focus();
    }
  }

  #say(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }

  #count() {
    const count = this.picker.files.length;
    this.attached.textContent = count ? `📎 ${count}` : "📎";
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 180)}px`;
  }
}

export async function encoded(file) {
  if (file.size > BIGGEST_FILE) throw new Error(`${file.name} is too large for the sandbox (15 MB).`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return { name: file.name, type: file.type, data: btoa(text) };
}

