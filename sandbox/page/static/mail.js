// An e-mail that a customer writes to the help desk: it becomes a ticket without any chat.
import { $, el, post } from "./dom.js";

export class IncomingMail {
  constructor(form, button) {
    this.form = form;
    this.button = button;
    this.name = this.#input("name", { value: "Pat", maxlength: "60", autocomplete: "off" });
    this.address = this.#input("address", { value: "pat@mail.example", type: "email", maxlength: "100", autocomplete: "off" });
    this.subject = this.#input("subject", { maxlength: "100", autocomplete: "off" });
    this.text = el("textarea", { id: "mail-text", rows: "4", maxlength: "2000", required: true });
    this.send = el("button", { class: "primary" }, "Send the e-mail");
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    form.append(
      el("div", { class: "fields" }, this.#field("From", this.name), this.#field("Address", this.address), this.#field("Subject", this.subject, " wide")),
      this.#field("E-mail", this.text, " wide"),
      el("div", { class: "row" }, this.send, el("button", { type: "button", onclick: () => this.show(false, true) }, "Cancel")), this.wrong);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.show(false, true); });
    button.addEventListener("click", () => this.show(this.form.hidden, true));
    this.show(false);
  }

  show(open, focus = false) {
    this.form.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (focus) (open ? this.subject : this.button).focus();
  }

  #input(name, about) {
    return el("input", { id: `mail-${name}`, required: true, ...about });
  }

  #field(text, input, wide = "") {
    return el("div", { class: `field${wide}` }, el("label", { for: input.id }, text), input);
  }

  async #submit() {
    this.send.disabled = true;
    try {
      const about = { name: this.name.value, address: this.address.value, subject: this.subject.value, text: this.text.value };
      await post("api/freescout/mails", about);
      this.subject.value = this.text.value = "";
      this.#say("");
      this.show(false, true);
    } catch (error) {
      this.#say(error.message);
    } finally {
      this.send.disabled = false;
    }
  }

  #say(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }
}
