/** The texts of the workbench in Japanese. */
import type { WorkbenchTexts } from "./workbench.en.ts";

export const ja: WorkbenchTexts = {
  about: "リクエストを試し、同じリクエストを curl と TypeScript で見られます。",
  language: "コード",
  showTokens: "トークンを表示",
  code: "コード",
  copy: "コピー",
  copyOf: (name) => `コピー: ${name}`,
  copied: "コピーしました",
  notCopied: "ここではブラウザーがコピーを許可していません。",

  currentToken: "現在のトークン",
  noToken: "ありません。ログインすると発行されます。",
  expiresIn: (time) => `有効期限まで ${time}`,
  expired: "期限切れです。次のリクエストで更新されます。",
  refreshNow: "今すぐ更新",
  refreshed: "新しいトークンを受け取りました。",
  headerAndClaims: "ヘッダーとクレーム",
  header: "ヘッダー",
  claims: "クレーム",
  name: "名前",
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

  response: "応答",
  noResponse: "まだ何も取得していません。",
  status: (status, milliseconds) => `ステータス ${status}、${milliseconds} ミリ秒`,
};
