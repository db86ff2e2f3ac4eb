/** The texts of the account page in Japanese. */
import type { AccountTexts } from "./account.en.ts";

export const ja: AccountTexts = {
  profile: "プロフィール",
  logInAsAnother: "別のアカウントでログイン",
  aboutProfile: "このサービスに登録されている情報です。",
  notSet: "未設定",
  verified: "確認済み",
  unverified: "未確認",
  sendLink: "確認リンクを送る",
  linkSent: (email) => `${email} にリンクを送りました。開くとメールアドレスが確認されます。`,
  changeEmail: "メールアドレスを変更",
  aboutEmailChange: "新しいアドレスにリンクを送ります。開くとメールアドレスが変わります。",
  newEmail: "新しいメールアドレス",
  sendEmailLink: "リンクを送る",
  emailChangeSent: (email) =>
    `${email} にリンクを送りました。開くまでメールアドレスは変わりません。`,

  aboutPassword: "変更すると、ほかの端末からログアウトします。",
  changePassword: "パスワードを変更",
  currentPassword: "現在のパスワード",
  passwordChanged: "パスワードを変更し、ほかの端末からログアウトしました。",

  devices: "端末",
  aboutDevices:
    "ログインしている端末です。心当たりのない端末はログアウトし、パスワードを変更してください。",
  thisDevice: "この端末",
  unknownDevice: "不明な端末",
  lastUsed: (time) => `最終使用 ${time}`,
  logOutOf: (device) => `${device} をログアウト`,
  logOutOthers: "ほかの端末をすべてログアウト",
  loggedOutOf: (count) => `${count} 台の端末をログアウトしました。`,

  appsOf: (names) => `アプリ：${names}`,

  apps: "アプリ",
  aboutApps:
    "アカウントの利用を許可したアプリケーションです。使わないものや心当たりのないものは削除してください。",
  noApps: "アカウントを利用しているアプリケーションはありません。",
  allowedAt: (time) => `許可した日時 ${time}`,
  notAsked: "このサービスのアプリケーション",
  remove: "削除",
  removeApp: (name) => `${name} を削除`,
  appRemoved: (name) => `${name} を削除し、ログアウトしました。`,

  events: "最近の出来事",
  aboutEvents: "アカウントに起きたことと、その場所と端末です。",
  noEvents: "まだ何もありません。",
  byOperator: "サービスの管理者による操作",
  more: "続きを表示",

  data: "データ",
  aboutData:
    "プロフィール、端末、アプリ、アイテムと、最近の出来事 1,000 件までを JSON ファイルで受け取れます。",
  exportData: "データをダウンロード",
  exported: "データをダウンロードしました。",

  deletion: "アカウントの削除",
  aboutDeletion: "削除すると元に戻せません。",
  deleteAccount: "アカウントを削除",
  consequences: [
    "プロフィール、パスワード、アイテムが削除されます。",
    "すべての端末からログアウトします。",
    "出来事は、IP アドレスや端末とともに監査ログに残ります。アカウントは番号で記録され、メールアドレスは残りません。",
    "誰にも復元できません。同じメールアドレスで新しく登録することはできます。",
  ],
  understood: "元に戻せないことを理解しました。",
  deleteForGood: "アカウントを完全に削除",
};
