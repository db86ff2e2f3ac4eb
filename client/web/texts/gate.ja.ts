/** The texts of the frame, of the log-in page and of the pages that mails link to, in Japanese. */
import type { gate as en } from "./gate.en.ts";

export const gate: typeof en = {
  otherLanguage: "English",
  workbench: "ワークベンチ",
  account: "アカウント",
  notLoaded: "ページを読み込めませんでした",
  showField: (label) => `${label}を表示`,

  noAccountYet: "アカウントをお持ちでないですか？",
  createAccount: "新規登録",
  alreadyRegistered: "すでに登録済みですか？",
  forgotPassword: "パスワードをお忘れですか？",
  backToLogIn: "ログインに戻る",

  passwordRules: {
    length: (limit) => `${limit} 文字以上`,
    personal: "メールアドレスや名前だけではない",
    note: "よく使われるパスワードやキーの並びは使えません。関係のない言葉をいくつか並べると、覚えやすく、推測されにくくなります。",
  },
  met: "（満たしています）",
};
