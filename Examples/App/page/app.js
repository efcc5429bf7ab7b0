// The page: two forms that enqueue, and two lists that follow the events. Everything from outside becomes text, never
// markup. The server sends the whole board each time, so a connection that was lost needs nothing but a new one.
"use strict";

const byId = (id) => document.getElementById(id);
const say = (text) => { byId("message").textContent = text; };

const words = {
  held: "waits", scheduled: "waits", available: "waits", running: "at work", retryable: "will be tried again",
  completed: "done", discarded: "failed", cancelled: "cancelled",
};

// ---- The forms

async function send(form, path, options, done) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(path, { method: "POST", ...options });
    const answer = await response.json();
    say(response.ok ? done : `Not accepted: ${answer.error}`);
    if (response.ok) form.reset();
  } catch {
    say("The server cannot be reached; please try again.");
  } finally {
    button.disabled = false;
  }
}

byId("photograph-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (byId("picture").files[0].size > 20 * 1024 * 1024) return say("Not accepted: this picture is larger than 20 MiB");
  send(form, "/photographs", { body: new FormData(form) }, "The picture is uploaded.");
});

byId("newsletter-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const letter = { subject: form.subject.value, body: form.body.value, subscribers: form.subscribers.valueAsNumber };
  const options = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(letter) };
  send(form, "/newsletters", options, "The newsletter is on its way.");
});

// ---- The lists

function make(parent, tag, attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

// One entry a job, made once and then changed in place, so that pictures are loaded once.
function show(list, jobs, fill) {
  const old = new Map([...list.children].map((entry) => [entry.dataset.id, entry]));
  list.replaceChildren(...jobs.map((job) => {
    let entry = old.get(job.id);
    if (!entry) {
      entry = document.createElement("li");
      entry.dataset.id = job.id;
      make(entry, "p", { class: "title" });
      make(entry, "progress", { max: 1 });
      make(entry, "p", { class: "note" });
    }
    entry.dataset.state = job.state;
    fill(entry, job);
    return entry;
  }));
}

function fill(entry, title, fraction, standing, note) {
  entry.querySelector(".title").textContent = title;
  const bar = entry.querySelector("progress");
  bar.value = fraction;
  bar.setAttribute("aria-label", title);
  entry.querySelector(".note").textContent = note ? `${standing}: ${note}` : standing;
}

function showPhotograph(entry, job) {
  fill(entry, job.name, job.fraction, words[job.state], job.note);
  if (entry.querySelector("img")) return;
  for (const thumbnail of job.thumbnails) {
    const { url, width, height } = thumbnail;
    make(entry, "img", { src: url, width, height, alt: `${job.name}, ${width} pixels wide` });
  }
}

function showNewsletter(entry, job) {
  const failed = job.failed ? `, ${job.failed} failed` : "";
  const standing = `${job.sent} of ${job.subscribers} mails sent${failed}`;
  fill(entry, job.subject, job.sent / Math.max(1, job.subscribers), standing, job.note);
}

const events = new EventSource("/events");
events.addEventListener("board", (event) => {
  const board = JSON.parse(event.data);
  show(byId("photographs"), board.photographs, showPhotograph);
  show(byId("newsletters"), board.newsletters, showNewsletter);
});
events.addEventListener("trouble", (event) => say(JSON.parse(event.data).error));
