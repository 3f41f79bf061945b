// Slash commands: a form made from what the bot has registered, with its live suggestions, and the answer one person sees.
import { el, post } from "./dom.js";
import { discordText } from "./markup.js";

const CHAT_INPUT = 1;

export class Commands {
  constructor(form, answer, place) {
    this.form = form;
    this.answer = answer;
    this.place = place;
    this.known = "";
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#run(); });
  }

  update(commands, people) {
    const usable = commands.filter((command) => (command.type ?? CHAT_INPUT) === CHAT_INPUT);
    const json = JSON.stringify([usable, people]);
    if (json === this.known) return;
    this.known = json;
    this.commands = usable;
    this.#build(people);
  }

  show() {
    if (!this.form.hidden) this.#where();
  }

  #build(people) {
    const who = people.map((person) => el("option", { value: person.name, selected: person.triager }, person.triager ? `${person.name} (triager)` : person.name));
    this.who = el("select", { id: "command-as" }, ...who);
    this.choice = el("select", { id: "command-name", onchange: () => this.#fields() }, ...this.commands.map((command) => el("option", { value: command.name }, `/${command.name}`)));
    const triage = this.commands.find((command) => command.name === "triage");
    if (triage) this.choice.value = "triage";
    this.where = el("span", { class: "target" });
    this.fields = el("div", { class: "fields" });
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    this.button = el("button", { class: "primary" }, "Run");
    const top = el("div", { class: "row" },
      el("div", { class: "who" }, el("label", { for: "command-as" }, "as"), this.who),
      el("div", { class: "who" }, el("label", { class: "visually-hidden", for: "command-name" }, "Command"), this.choice), this.where);
    if (this.commands.length) this.form.replaceChildren(top, this.fields, this.wrong, el("div", { class: "row" }, this.button));
    else this.form.replaceChildren(el("p", { class: "empty" }, "The bot has not registered its commands yet."));
    this.#fields();
  }

  get #command() {
    return this.commands.find((command) => command.name === this.choice.value);
  }

  #fields() {
    const options = this.#command?.options ?? [];
    this.values = {};
    this.fields.replaceChildren(...options.map((option) => this.#field(option)));
    if (!options.length && this.#command) this.fields.replaceChildren(el("p", { class: "target field wide" }, this.#command.description));
    this.#where();
  }

  #where() {
    const { label } = this.place();
    this.where.textContent = `in ${label}`;
  }

  #field(option) {
    const id = `option-${option.name}`;
    const about = { id, required: Boolean(option.required), title: option.description, autocomplete: "off" };
    const label = el("label", { for: id }, option.name, option.required ? "" : el("em", {}, " (optional)"));
    const field = el("div", { class: "field" }, label);
    let input;
    if (option.choices?.length) {
      input = el("select", about, el("option", { value: "" }, option.required ? "Choose …" : "–"), ...option.choices.map((choice) => el("option", { value: choice.value }, choice.name)));
    } else {
      input = el("input", { ...about, placeholder: option.description, maxlength: "1000" });
    }
    field.append(input);
    if (option.autocomplete) new Suggestions(input, field, (value) => this.#suggest(option.name, value));
    this.values[option.name] = input;
    return field;
  }

  async #suggest(option, value) {
    const { channel } = this.place();
    return (await post("api/discord/suggestions", { member: this.who.value, channel, command: this.choice.value, option, value })).choices;
  }

  async #run() {
    const { channel } = this.place();
    const options = Object.fromEntries(Object.entries(this.values).map(([name, input]) => [name, input.value]));
    this.button.disabled = true;
    this.wrong.hidden = true;
    try {
      const member = this.who.value;
      const shown = await post("api/discord/commands", { member, channel, command: this.choice.value, options });
      this.say(member, shown);
    } catch (error) {
      this.wrong.textContent = error.message;
      this.wrong.hidden = false;
    } finally {
      this.button.disabled = false;
    }
  }

  // Shows what the bot answered to `member`.
  say(member, { text, ephemeral }) {
    const dismiss = el("button", { type: "button", class: "bare", onclick: () => { this.answer.hidden = true; } }, "Dismiss");
    const heading = el("p", {}, ephemeral ? `Only ${member} can see this` : "Everybody can see this", dismiss);
    this.answer.replaceChildren(heading, discordText(text || "(an empty answer)"));
    this.answer.hidden = false;
  }
}

// A combobox: the bot's suggestions while typing, moved through with the arrow keys. They stay suggestions: any text may be sent.
class Suggestions {
  constructor(input, field, ask) {
    this.input = input;
    this.ask = ask;
    this.list = el("ul", { class: "options", role: "listbox", id: `${input.id}-list`, "aria-label": "Suggestions", hidden: true });
    field.append(this.list);
    this.asked = 0;
    this.at = -1;
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.#later());
    input.addEventListener("focus", () => this.#later());
    input.addEventListener("blur", () => this.#close());
    input.addEventListener("keydown", (event) => this.#key(event));
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#fetch(), 150);
  }

  async #fetch() {
    const number = ++this.asked;
    const choices = await this.ask(this.input.value).catch(() => null);
    if (number !== this.asked || document.activeElement !== this.input) return;
    this.choices = choices ?? [];
    this.at = -1;
    const rows = this.choices.map((choice, index) => el("li", {
      role: "option", id: `${this.list.id}-${index}`, "aria-selected": "false", title: choice.name,
      onmousedown: (event) => { event.preventDefault(); this.#take(index); },
    }, choice.name));
    this.list.replaceChildren(...(rows.length ? rows : [el("li", { class: "empty" }, choices ? "No open ticket matches." : "The bot did not answer.")]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  #key(event) {
    if (event.key === "Escape") return this.#close();
    if (this.list.hidden || !this.choices?.length) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#mark((this.at + step + this.choices.length) % this.choices.length);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.#take(this.at);
    }
  }

  #mark(index) {
    this.at = index;
    for (const [place, row] of [...this.list.children].entries()) row.setAttribute("aria-selected", String(place === index));
    this.list.children[index].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  #take(index) {
    this.input.value = this.choices[index].value;
    this.#close();
  }

  #close() {
    this.asked += 1;
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
