/** The widget's elements. Built with DOM calls only: a page with Trusted Types allows no other. */

import type { Configuration, Question } from "./configuration";
import style from "./widget.css";

const SVG = "http://www.w3.org/2000/svg";
const STAR =
  "M12 2.2l3 6.3 6.9.9-5 4.8 1.2 6.8-6.1-3.3L5.9 21l1.2-6.8-5-4.8 6.9-.9z";

type Attributes = Readonly<Record<string, string | number>>;

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const name in attributes) element.setAttribute(name, String(attributes[name]));
}

function makeStar(label: string, index: number): HTMLLabelElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  setAttributes(svg, { viewBox: "0 0 24 24", "aria-hidden": "true" });
  setAttributes(path, { d: STAR });
  svg.append(path);
  const value = index + 1;
  const attributes = { type: "radio", name: "stars", value, required: "", "aria-label": label };
  return make("label", { part: "star" }, make("input", attributes), svg);
}

function makeComment({ texts, comment_max_characters: limit }: Configuration): HTMLElement {
  const comment = make("textarea", {
    part: "comment",
    id: "comment",
    rows: 3,
    maxlength: limit,
    "aria-describedby": "hint left",
  });
  const left = make("p", { part: "hint", id: "left", "aria-live": "polite" });
  comment.addEventListener("input", () => {
    // How much room is left matters only near the end of it.
    const count = limit - comment.value.length;
    left.textContent =
      count <= limit / 10 ? texts.characters_left.replace("{count}", String(count)) : "";
  });
  return make(
    "div",
    {},
    make("label", { part: "label", for: "comment" }, texts.comment_label),
    make("p", { part: "hint", id: "hint" }, texts.comment_hint),
    comment,
    left,
  );
}

/** One drawn question on the screen: what can be chosen, written, sent, and what is said. */
export interface View {
  readonly configuration: Configuration;
  readonly root: HTMLElement;
  readonly form: HTMLFormElement;
  readonly question: HTMLFieldSetElement;
  readonly stars: readonly HTMLInputElement[];
  readonly comment: HTMLTextAreaElement | null;
  readonly send: HTMLButtonElement;
  /** How the sending goes; stays when the form goes. */
  readonly status: HTMLElement;
  /** Fill the stars up to `stars` and say in words what is chosen. */
  showStars(stars: number): void;
  /** Tell what is wrong, beside the stars or beside the button; nothing if `text` is empty. */
  showError(text: string, place: "stars" | "send"): void;
}

/** Return the elements that ask `question`, or only show how it is asked. */
export function makeView(
  configuration: Configuration,
  question: Question,
  isPreview: boolean,
): View {
  const { texts, language } = configuration;
  const labels = texts.stars.map(makeStar);
  // Each star says its own name; this repeats it for the eye.
  const chosen = make("p", { part: "chosen", "aria-hidden": "true" });
  const said = make("div", { part: "said" }, chosen);
  const alert = make("p", { part: "error", id: "error", role: "alert" });
  const fieldset = make(
    "fieldset",
    { part: "question", "aria-describedby": "error" },
    make("legend", { part: "legend" }, question.text),
    make("div", { part: "stars" }, ...labels),
    said,
  );
  const send = make("button", { part: "send" }, texts.send);
  const form = make("form", { part: "form", novalidate: "" }, fieldset);
  if (configuration.is_comment_allowed) form.append(makeComment(configuration));
  if (texts.privacy) form.append(make("p", { part: "hint" }, texts.privacy));
  form.append(send);
  const status = make("div", { part: "status", role: "status", tabindex: -1 });
  return {
    configuration,
    root: make(
      "div",
      { part: "card", lang: language },
      ...(isPreview ? [make("p", { part: "hint" }, texts.preview)] : []),
      form,
      status,
    ),
    form,
    question: fieldset,
    stars: labels.map((label) => label.control as HTMLInputElement),
    comment: form.querySelector("textarea"),
    send,
    status,
    showError(text, place) {
      alert.remove();
      alert.textContent = text;
      // An alert is heard when it comes into the page.
      if (text && place === "stars") said.append(alert);
      else if (text) send.before(alert);
    },
    showStars(stars) {
      labels.forEach((label, index) => label.classList.toggle("on", index < stars));
      chosen.textContent = texts.stars[stars - 1] ?? "";
    },
  };
}

/** Replace the form by thanks. */
export function showThanks({ configuration: { texts }, form, status }: View): void {
  form.remove();
  status.replaceChildren(
    make("strong", { part: "thanks" }, texts.thanks),
    ...(texts.thanks_note ? [make("p", { part: "thanks-note" }, texts.thanks_note)] : []),
  );
}

let sheet: CSSStyleSheet | undefined;

/** Give `root` the widget's style sheet, in a way that a strict `style-src` allows. */
export function addStyle(root: ShadowRoot): void {
  if ("adoptedStyleSheets" in root) {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } else {
    // Safari before 16.4.
    (root as ShadowRoot).append(make("style", {}, style));
  }
}
