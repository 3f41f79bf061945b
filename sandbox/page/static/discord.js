// The Discord column: channels, messages, threads, posts and direct messages, and what people do there.
import { Commands } from "./commands.js";
import { Composer } from "./composer.js";
import { $, el, keepingEnd, post, reconcile, stickToEnd } from "./dom.js";
import { linkTickets } from "./markup.js";
import { act, doing, isFresh, message, quietly, threadBox } from "./message.js";
import { Tabs } from "./tabs.js";

export class Discord {
  constructor() {
    this.list = $("discord-list");
    stickToEnd(this.list);
    this.tabs = new Tabs($("discord-tabs"), this.list, () => this.#draw(true));
    this.composer = new Composer($("discord-composer"), { name: "discord", send: (values) => this.#send(values), onwho: () => this.#who() });
    this.commands = new Commands($("discord-command"), $("discord-answer"), () => this.#place());
    for (const mode of ["message", "command"]) $(`mode-${mode}`).addEventListener("click", () => this.#mode(mode));
  }

  update(view) {
    this.view = view;
    $("discord-where").textContent = `${view.guild} · simulator`;
    this.commands.update(view.commands, view.people);
    this.#draw(false);
  }

  // Shows a message or thread by its id; false when it is not here.
  reveal(id) {
    const has = (messages) => messages.some((each) => each.id === id || each.thread?.id === id || (each.thread && has(each.thread.messages)));
    const direct = this.view?.channels.flatMap((each) => each.places ?? []).find((each) => each.id === id || has(each.messages));
    const channel = direct
      ? this.view.channels.find((each) => each.places?.includes(direct))
      : this.view?.channels.find((each) => each.id === id || has(each.messages) || each.posts.some((one) => one.id === id || has(one.messages)));
    if (!channel) return false;
    this.tabs.choose(channel.id);
    if (direct) this.composer.who.value = direct.person;
    if (direct) this.#who();
    return true;
  }

  get #channel() {
    return this.view.channels.find((channel) => channel.id === this.tabs.chosen) ?? this.view.channels[0];
  }

  // Of direct messages everybody sees only their own.
  get #direct() {
    const { places } = this.#channel;
    return places?.find((place) => place.person === this.composer.member) ?? places?.[0];
  }

  #draw(moved) {
    this.tabs.update(this.view.channels.map((channel) => ({ id: channel.id, title: `${channel.kind === "forum" || channel.kind === "direct" ? "" : "#"}${channel.name}`, latest: latest(channel) })));
    const channel = this.#channel;
    if (moved) {
      this.composer.aim(null, false);
      this.list.replaceChildren();
    }
    this.composer.place({ ...where(channel), forum: channel.kind === "forum", people: this.view.people.filter((person) => channel.people.includes(person.name)) });
    const change = () => {
      if (channel.kind === "forum") reconcile(this.list, channel.posts.length ? channel.posts : [nothing("No post yet.")], (item) => this.#post(item));
      else reconcile(this.list, this.#messages(channel), (item) => this.#message(item));
    };
    keepingEnd(this.list, () => (moved ? quietly(change) : change()));
    if (moved) {
      this.list.scrollTop = this.list.scrollHeight;
      this.commands.show();
    }
  }

  #messages(channel) {
    const direct = this.#direct;
    const messages = direct ? direct.messages : channel.messages;
    if (messages.length) return messages;
    return [nothing(direct ? `Nothing yet. Only ${direct.person} and the bot can read what is written here.` : "Nobody has written here yet.")];
  }

  #who() {
    if (this.#channel.kind === "direct") this.#draw(true);
  }

  #message(item, inThread = null) {
    if (item.nothing) return el("p", { class: "empty" }, item.nothing);
    const about = { channel: item.channel, message: item.id };
    return message(item, {
      acts: item.system ? [] : this.#acts(item, inThread),
      thread: item.thread && this.#thread(item.thread),
      react: (emoji) => doing(post("api/discord/reactions", { ...about, member: this.composer.member, emoji })),
      press: (control, value) => this.#press({ ...about, member: this.composer.member, control, ...(value && { value }) }),
    });
  }

  #acts(item, inThread) {
    const reply = { label: `reply to ${item.author}${inThread ? " in the thread" : ""}`, channel: item.channel, reply_to: item.id };
    const acts = [act("reply", item.id, "Reply", () => this.#aim(reply))];
    if (!item.mine) return acts;
    const edit = { label: `what ${item.mine} wrote`, channel: item.channel, edits: item.id, text: item.text };
    return [...acts,
      act("edit", item.id, "Edit", () => this.#aim(edit)),
      act("delete", item.id, "Delete", () => doing(post("api/discord/deletions", { channel: item.channel, message: item.id })))];
  }

  // What the bot answers to a button or menu is for the one who pressed it; a changed message shows by itself.
  async #press(body) {
    const answer = await doing(post("api/discord/presses", body));
    if (answer?.ephemeral && answer.text) this.commands.say(body.member, answer);
  }

  #thread(thread) {
    return threadBox(thread.id, linkTickets(el("span", {}, thread.name)), this.#inside(thread));
  }

  #post(item) {
    if (item.nothing) return el("p", { class: "empty" }, item.nothing);
    const box = threadBox(item.id, linkTickets(el("span", {}, item.name)), this.#inside(item), "post");
    if (isFresh(`post-${item.id}`)) box.classList.add("fresh");
    return box;
  }

  #inside(thread) {
    const write = act("write", thread.id, "Write in this thread", () => this.#aim({ label: thread.name, channel: thread.id }));
    write.classList.add("write");
    const archived = thread.archived && el("p", { class: "empty" }, "This thread is archived; whoever writes in it opens it again.");
    return [...thread.messages.map((item) => this.#message(item, thread)), archived, write];
  }

  #aim(target) {
    this.#mode("message");
    this.composer.aim(target);
  }

  // Where a command is run: in Discord it needs a channel or a thread, a forum itself takes none.
  #place() {
    if (this.composer.target) return this.composer.target;
    const here = this.#channel;
    if (here.kind === "direct") return { channel: this.#direct.id, label: "the direct messages" };
    const channel = here.kind === "forum" ? this.view.channels[0] : here;
    return { channel: channel.id, label: `#${channel.name}` };
  }

  #send({ member, text, title, files, target }) {
    if (target?.edits) return post("api/discord/edits", { channel: target.channel, message: target.edits, text });
    if (target) return post("api/discord/messages", { member, text, files, channel: target.channel, reply_to: target.reply_to ?? null });
    const channel = this.#channel;
    if (channel.kind === "forum") return post("api/discord/posts", { member, title, text, channel: channel.id });
    return post("api/discord/messages", { member, text, files, channel: this.#direct?.id ?? channel.id });
  }

  #mode(mode) {
    for (const each of ["message", "command"]) $(`mode-${each}`).setAttribute("aria-pressed", String(each === mode));
    $("discord-composer").hidden = mode !== "message";
    $("discord-command").hidden = mode !== "command";
    this.commands.show();
  }
}

const nothing = (text) => ({ id: `nothing-${text}`, nothing: text });

function where(channel) {
  if (channel.kind === "direct") return { title: "the bot", where: "to the bot, in private" };
  return { title: channel.kind === "forum" ? channel.name : `#${channel.name}` };
}

function latest(channel) {
  const last = (messages) => messages.flatMap((each) => [each.id, ...(each.thread ? each.thread.messages.map((one) => one.id) : [])]);
  const ids = [...last(channel.messages), ...channel.posts.flatMap((each) => last(each.messages)), ...(channel.places ?? []).flatMap((each) => last(each.messages))];
  return ids.reduce((most, id) => (BigInt(id) > BigInt(most) ? id : most), "0");
}
