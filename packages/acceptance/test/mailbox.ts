/** What callbacks have to say, for those who wait for it. */
export class Mailbox<Letter> {
  private readonly letters: Letter[] = [];
  private readonly waiting: ((letter: Letter) => void)[] = [];

  readonly put = (letter: Letter): void => {
    const resolve = this.waiting.shift();
    if (resolve === undefined) this.letters.push(letter);
    else resolve(letter);
  };

  /** The next one, in their order. */
  take(): Promise<Letter> {
    const letter = this.letters.shift();
    if (letter !== undefined) return Promise.resolve(letter);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Those that nobody has taken. */
  get untaken(): readonly Letter[] {
    return this.letters;
  }
}
