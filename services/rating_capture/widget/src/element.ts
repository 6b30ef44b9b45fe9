/**
 * `<arvio-rating>`: asks one question about one transaction.
 *
 *     loading ─► asking ─► sending ─► sent
 *        │          ▲         │  ▲
 *        ▼          │         ▼  │
 *     closed        └─failed waiting
 *
 * The thanks come with `sent` only, and `sent` only with the server's acceptance.
 */

import { type Configuration, type Question, loadConfiguration } from "./configuration";
import { deliver } from "./delivery";
import { drawQuestion, makeRatingId, randomShare } from "./draw";
import { type View, addStyle, makeView, showThanks } from "./view";

export type State = "loading" | "asking" | "sending" | "waiting" | "sent" | "failed" | "closed";

/** The question drawn for one transaction, and the id that its rating will carry. */
interface Draw {
  readonly rating_id: string;
  readonly question_id: string;
}

const SHOWN_TRIES = 4;

let pending = 0;

/** Return how many ratings on this page the server has not accepted yet. */
export const countPending = (): number => pending;

export class ArvioRating extends HTMLElement {
  static readonly observedAttributes = ["eservice-id", "language", "preview"];
  /** Where the widget came from, and where its ratings go. */
  static server: string;

  server = ArvioRating.server;

  private _state: State = "loading";
  private _view: View | undefined;
  private _draw: Draw | undefined;
  private _stars = 0;
  private _isShown = false;
  private _isLoadAsked = false;
  private _url = "";
  private _observer: IntersectionObserver | undefined;

  /** Where this widget stands. */
  get state(): State {
    return this._state;
  }

  /** The stars chosen; 0 while none is. */
  get stars(): number {
    return this._stars;
  }

  /** The question to show and not to ask: nothing is sent, and nothing is counted. */
  private get _preview(): string | null {
    return this.getAttribute("preview");
  }

  /** Ask again, for another transaction: a question is drawn anew. */
  reset(): void {
    this._forget();
    this._askLoad();
  }

  connectedCallback(): void {
    if (!this.shadowRoot) addStyle(this.attachShadow({ mode: "open" }));
    if (this._view) this._watch();
    else this._askLoad();
  }

  disconnectedCallback(): void {
    this._observer?.disconnect();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name !== "language") this._forget();
    this._askLoad();
  }

  private _forget(): void {
    this._observer?.disconnect();
    this._view?.root.remove();
    this._view = this._draw = undefined;
    this._stars = 0;
    this._isShown = false;
    this._state = "loading";
  }

  /** Load once for all attributes that change together. */
  private _askLoad(): void {
    if (this._isLoadAsked) return;
    this._isLoadAsked = true;
    queueMicrotask(() => {
      this._isLoadAsked = false;
      if (this.isConnected && this.getAttribute("eservice-id")) void this._load();
    });
  }

  private async _load(): Promise<void> {
    const language = this.getAttribute("language") || this.closest<HTMLElement>("[lang]")?.lang;
    const id = encodeURIComponent(this.getAttribute("eservice-id")!);
    const query = language ? `?language=${encodeURIComponent(language)}` : "";
    const url = (this._url = `${this.server}v1/eservices/${id}/widget${query}`);
    const fail = (status: number): void =>
      this._emit("failed", { reason: "configuration", status });
    const configuration = await loadConfiguration(url, fail);
    // Another language or e-service may have been asked for since.
    if (url !== this._url) return;
    if (typeof configuration === "number") {
      this._state = "closed";
      // What the page has put into the element for this case.
      if (this._preview !== null) this.shadowRoot!.append(document.createElement("slot"));
      fail(configuration);
    } else {
      this._ask(configuration);
    }
  }

  private _ask(configuration: Configuration): void {
    const preview = this._preview;
    const questions =
      preview === null
        ? configuration.questions
        : [{ question_id: "preview", text: preview, weight: 1 }];
    const drawn = this._draw?.question_id;
    const question =
      questions.find(({ question_id }) => question_id === drawn) ??
      drawQuestion(questions, randomShare());
    if (!configuration.is_open || !question) {
      this._forget();
      this._state = "closed";
      return;
    }
    if (question.question_id !== drawn) {
      this._draw = { rating_id: makeRatingId(Date.now()), question_id: question.question_id };
    }
    this._render(configuration, question);
  }

  /** Build the view; one that is built again (another language) keeps what the person did. */
  private _render(configuration: Configuration, question: Question): void {
    const before = this._view;
    const view = (this._view = makeView(configuration, question, this._preview !== null));
    view.stars.forEach((star, index) => {
      star.checked = index + 1 === this._stars;
      star.addEventListener("change", () => this._choose(view, index + 1));
    });
    view.showStars(this._stars);
    if (view.comment && before?.comment) view.comment.value = before.comment.value;
    view.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this._send(view);
    });
    before?.root.remove();
    this.shadowRoot!.append(view.root);
    if (this._state === "loading") this._state = "asking";
    this._say(view);
    this._watch();
  }

  private _choose(view: View, stars: number): void {
    this._stars = stars;
    view.showStars(stars);
    view.showError("", "stars");
    this._countShown();
  }

  private async _send(view: View): Promise<void> {
    const draw = this._draw!;
    if (this._state !== "asking" && this._state !== "failed") return;
    if (!this._stars) {
      view.showError(view.configuration.texts.choose_stars, "stars");
      view.stars[0]!.focus();
      return;
    }
    if (this._preview !== null) {
      this._state = "sent";
      this._say(view);
      return;
    }
    this._countShown();
    const rating = { ...this._facts(), stars: this._stars };
    const comment = view.comment?.value.trim();
    const token = this.getAttribute("completion-token");
    const turn = (state: State): void => {
      // The element may ask for another transaction by now; and nothing is said twice.
      if (this._draw !== draw || this._state === state) return;
      this._state = state;
      this._say(this._view!);
    };
    turn("sending");
    pending++;
    const outcome = await deliver(
      `${this.server}v1/ratings`,
      { ...rating, ...(comment && { comment }), ...(token && { completion_token: token }) },
      Infinity,
      () => turn("waiting"),
    );
    pending--;
    const isAccepted = outcome.status === 202;
    turn(isAccepted ? "sent" : "failed");
    if (isAccepted) this._emit("sent", rating);
    else this._emit("failed", { ...rating, reason: "refused", ...outcome });
  }

  /** Say on the screen, and to a screen reader, where the rating is. */
  private _say(view: View): void {
    const { texts } = view.configuration;
    const state = this._state;
    const isBusy = state === "sending" || state === "waiting";
    const hadFocus = this.shadowRoot!.activeElement;
    // A disabled element loses the focus, and with it the person's place on the page.
    if (isBusy && hadFocus) view.send.focus();
    view.question.disabled = isBusy;
    if (view.comment) view.comment.readOnly = isBusy;
    view.send.setAttribute("aria-disabled", String(isBusy));
    view.send.textContent = isBusy ? texts.sending : texts.send;
    view.status.textContent = state === "waiting" ? texts.waiting : "";
    view.showError(state === "failed" ? texts.failed : "", "send");
    if (state !== "sent") return;
    showThanks(view);
    if (hadFocus) view.status.focus();
  }

  /** Count the question as shown once half of it has been on the screen. */
  private _watch(): void {
    if (this._isShown || !this._view) return;
    this._observer?.disconnect();
    this._observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && this._countShown(),
      { threshold: 0.5 },
    );
    this._observer.observe(this._view.question);
  }

  private _countShown(): void {
    if (this._isShown || this._preview !== null) return;
    this._isShown = true;
    this._observer?.disconnect();
    const facts = this._facts();
    void deliver(`${this.server}v1/questions/shown`, facts, SHOWN_TRIES);
    this._emit("shown", facts);
  }

  private _facts(): Draw & Record<string, unknown> {
    const { eservice_id, language } = this._view!.configuration;
    const endPoint = this.getAttribute("end-point");
    return { ...this._draw!, eservice_id, language, ...(endPoint && { end_point: endPoint }) };
  }

  private _emit(name: string, detail: object): void {
    // A rating may be accepted after its widget has left the page.
    (this.isConnected ? this : document).dispatchEvent(
      new CustomEvent(`arvio-${name}`, { detail, bubbles: true, composed: true }),
    );
  }
}
