/** Every text of the page, in English and in Japanese: one that is missing does not compile. */
import type { Reason } from "../index.ts";
import type { Notice } from "./session.ts";

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const en = {
  tagline: "Accounts, log-in and tokens",
  api: "API",
  optional: "optional",
  waiting: "One moment …",
  tryAgain: "Try again",
  tryAgainIn: (seconds: number) => `Try again in ${seconds} s`,
  response: "Response",
  noResponse: "Nothing was asked yet.",

  logIn: "Log in",
  logOut: "Log out",
  login: "Email or username",
  password: "Password",
  register: "Register",
  registered: (email: string) => `${email} is registered. You can log in now.`,
  email: "Email",
  username: "Username",
  fullName: "Full name",

  resuming: "Taking up your session",
  currentToken: "Current token",
  noToken: "None. Log in to get one.",
  expiresIn: (time: string) => `Expires in ${time}`,
  expired: "Expired. The next request gets a new one.",
  claim: "Claim",
  value: "Value",

  me: "Me",
  getMe: "Get Me",
  items: "Items",
  getItems: "Get Items",
  noItems: "You have no items.",
  more: "More",
  title: "Title",
  addItem: "Add",
  added: (title: string) => `Added: ${title}`,
  remove: "Remove",
  removeItem: (title: string) => `Remove ${title}`,
  removed: (title: string) => `Removed: ${title}`,

  sessions: "Sessions",
  thisSession: "This one",
  since: (time: string) => `Since ${time}`,
  lastUsed: (time: string) => `last used ${time}`,
  unknownDevice: "Unknown device",
  end: "End",
  endSession: (device: string) => `End ${device}`,
  logOutOthers: "Log out the others",
  loggedOut: (count: number) => (count === 1 ? "1 session ended." : `${count} sessions ended.`),
  refresh: "Look again",

  changePassword: "Change password",
  currentPassword: "Current password",
  newPassword: "New password",
  passwordChanged: "The password is changed, and your other sessions have ended.",

  /** What the server says about a field. */
  problem: (message: string): string => capital(message),

  notices: {
    ended: "Your session has ended. Please log in again.",
    logged_out_here_only:
      "You are logged out here, but the service could not be told: the session may live on there.",
  } satisfies Record<Notice, string>,

  reasons: {
    invalid_input: "Please look at the fields that are marked.",
    weak_password: "This password is not accepted.",
    email_taken: "This email is registered already.",
    username_taken: "This username is taken.",
    not_logged_in: "Please log in first.",
    invalid_token: "The access token is not valid any more.",
    wrong_password: "The current password is another.",
    insufficient_scope: "The access token does not allow this.",
    not_a_user: "The access token is not a user's.",
    inactive_user: "This account is disabled.",
    busy: "The service has too much to do at the moment.",
    no_such_procedure: "The service does not know this. Please reload the page.",
    bad_request: "The service does not understand this. Please reload the page.",
    internal: "Something went wrong.",
    invalid_request: "The service does not understand this. Please reload the page.",
    invalid_client: "This page is not allowed to log in.",
    invalid_grant: "The name or the password is wrong.",
    unauthorized_client: "This page is not allowed to log in.",
    unsupported_grant_type: "The service does not log in by password.",
    invalid_scope: "The service does not grant this.",
    server_error: "Something went wrong.",
    temporarily_unavailable: "The service has too much to do at the moment.",
    unreachable: "The service cannot be reached. Are you online?",
    unexpected_answer: "Something else than the service has answered.",
  } satisfies Record<Reason, string>,
};

type Words = typeof en;

/** The server's texts about fields, as far as they have no numbers. */
const PROBLEMS_JA: Readonly<Record<string, string>> = {
  "must be an email address of plain ASCII characters": "半角英数字のメールアドレスにしてください",
  "must not be empty": "空にはできません",
  "must not hold control characters": "制御文字は使えません",
  "must not begin or end with white space": "前後に空白は使えません",
  "must not hold an @": "@ は使えません",
  "must not hold invisible characters": "見えない文字は使えません",
  "must not hold a NUL character": "NUL 文字は使えません",
  "must be well-formed Unicode": "正しい Unicode ではありません",
  "must hold something to be seen": "見える文字を含めてください",
  "must hold a letter or a digit": "文字または数字を含めてください",
  "is another": "現在のパスワードと違います",
};

function problemInJapanese(message: string): string {
  const [, bound, count, unit] =
    message.match(/^must be at (least|most) (\d+) (characters|bytes) long/) ?? [];
  if (!count) return PROBLEMS_JA[message] ?? "この値は使えません";
  const length = `${count} ${unit === "bytes" ? "バイト" : "文字"}`;
  return `${length}${bound === "least" ? "以上" : "以内"}にしてください`;
}

const ja: Words = {
  tagline: "アカウント・ログイン・トークン",
  api: "API",
  optional: "任意",
  waiting: "お待ちください…",
  tryAgain: "もう一度試す",
  tryAgainIn: (seconds) => `${seconds} 秒後にもう一度お試しください`,
  response: "応答",
  noResponse: "まだ何も取得していません。",

  logIn: "ログイン",
  logOut: "ログアウト",
  login: "メールアドレスまたはユーザー名",
  password: "パスワード",
  register: "新規登録",
  registered: (email) => `${email} を登録しました。ログインできます。`,
  email: "メールアドレス",
  username: "ユーザー名",
  fullName: "氏名",

  resuming: "セッションを再開しています",
  currentToken: "現在のトークン",
  noToken: "ありません。ログインすると発行されます。",
  expiresIn: (time) => `有効期限まで ${time}`,
  expired: "期限切れです。次の要求で新しくなります。",
  claim: "クレーム",
  value: "値",

  me: "自分の情報",
  getMe: "自分の情報を取得",
  items: "アイテム",
  getItems: "アイテムを取得",
  noItems: "アイテムはありません。",
  more: "続きを表示",
  title: "タイトル",
  addItem: "追加",
  added: (title) => `追加しました: ${title}`,
  remove: "削除",
  removeItem: (title) => `${title} を削除`,
  removed: (title) => `削除しました: ${title}`,

  sessions: "セッション",
  thisSession: "このセッション",
  since: (time) => `開始 ${time}`,
  lastUsed: (time) => `最終使用 ${time}`,
  unknownDevice: "不明な端末",
  end: "終了",
  endSession: (device) => `${device} を終了`,
  logOutOthers: "ほかをすべてログアウト",
  loggedOut: (count) => `${count} 件のセッションを終了しました。`,
  refresh: "再読み込み",

  changePassword: "パスワードの変更",
  currentPassword: "現在のパスワード",
  newPassword: "新しいパスワード",
  passwordChanged: "パスワードを変更し、ほかのセッションを終了しました。",

  problem: problemInJapanese,

  notices: {
    ended: "セッションが終了しました。もう一度ログインしてください。",
    logged_out_here_only:
      "ここではログアウトしましたが、サービスに通知できませんでした。セッションが残っている可能性があります。",
  },

  reasons: {
    invalid_input: "印の付いた項目を確認してください。",
    weak_password: "このパスワードは使えません。",
    email_taken: "このメールアドレスは登録済みです。",
    username_taken: "このユーザー名は使われています。",
    not_logged_in: "先にログインしてください。",
    invalid_token: "アクセストークンは無効になっています。",
    wrong_password: "現在のパスワードが違います。",
    insufficient_scope: "このトークンでは許可されていません。",
    not_a_user: "ユーザーのトークンではありません。",
    inactive_user: "このアカウントは無効です。",
    busy: "ただいま混み合っています。",
    no_such_procedure: "この操作には対応していません。ページを再読み込みしてください。",
    bad_request: "要求を処理できません。ページを再読み込みしてください。",
    internal: "エラーが発生しました。",
    invalid_request: "要求を処理できません。ページを再読み込みしてください。",
    invalid_client: "このページからはログインできません。",
    invalid_grant: "名前またはパスワードが違います。",
    unauthorized_client: "このページからはログインできません。",
    unsupported_grant_type: "パスワードでのログインには対応していません。",
    invalid_scope: "この権限は与えられません。",
    server_error: "エラーが発生しました。",
    temporarily_unavailable: "ただいま混み合っています。",
    unreachable: "サービスに接続できません。ネットワークを確認してください。",
    unexpected_answer: "サービス以外からの応答を受け取りました。",
  },
};

/** The language of the page, by that of the browser. */
export const language = /^ja\b/.test(navigator.language) ? "ja" : "en";

/** The texts in that language. */
export const words: Words = language === "ja" ? ja : en;

const dateAndTime = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** A point in time for people. @param ms epoch milliseconds */
export const timeText = (ms: number): string => dateAndTime.format(ms);
