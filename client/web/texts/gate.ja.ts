/** The texts of the frame, of the log-in page and of the pages that mails link to, in Japanese. */
import type { gate as en } from "./gate.en.ts";

export const gate: typeof en = {
  otherLanguage: "English",
  workbench: "ワークベンチ",
  account: "アカウント",
  notLoaded: "ページを読み込めませんでした",
  showField: (label) => `${label}を表示`,
  goOn: "続ける",
  toAccount: "アカウントへ",

  stayLoggedIn: "ログインしたままにする",
  noAccountYet: "はじめての方は",
  createAccount: "アカウントを作成",
  alreadyRegistered: "登録がお済みの方は",
  forgotPassword: "パスワードをお忘れですか？",
  backToLogIn: "ログインに戻る",

  passwordRules: {
    length: (limit) => `${limit} 文字以上`,
    personal: "メールアドレスや名前だけにしない",
    note: "よくあるパスワードやキーの並びは使えません。関係のない言葉をいくつか並べると、覚えやすく、推測されにくくなります。",
  },
  met: "（満たしています）",

  forgot: "パスワードをお忘れの方",
  forgotLead: "パスワードを再設定するためのリンクをメールでお送りします。",
  sendLink: "リンクを送信",
  resetSent: (email) =>
    `${email} のアカウントがあれば、再設定のリンクをメールでお送りしました。リンクの有効期限は 30 分です。`,
  mailMissing:
    "メールが届くまで数分かかることがあります。届かないときは、迷惑メールフォルダーもご確認ください。",
  sendAgain: "もう一度送信する",
  sendNewLink: "新しいリンクを送信",

  reset: "パスワードの再設定",
  resetLead: "ほかの端末はすべてログアウトされます。",
  resetEmailHint: "リンクを受け取ったメールアドレスです。",
  setPassword: "パスワードを再設定",
  passwordReset: "パスワードを変更しました。新しいパスワードでログインできます。",

  verify: "メールアドレスを確認",
  verifyLogInFirst:
    "リンクを受け取ったアカウントでログインしてください。同時にメールアドレスが確認されます。",
  logInAndVerify: "ログインして確認",
  verifyLead: "ボタンを押すと、このメールアドレスがあなたのものと確認されます。",
  verified: "メールアドレスを確認しました。",
  verificationSent: "新しいリンクをメールでお送りしました。有効期限は 24 時間です。",

  changeEmail: "メールアドレスの変更",
  changeEmailLead: "アカウントのメールアドレスを、このリンクを受け取ったものに変更します。",
  changeEmailLogInFirst: "先にそのアカウントにログインしてください。",
  useAddress: "このアドレスを使う",
  emailChanged: (email) => `メールアドレスを ${email} に変更しました。`,
  changeAgain: "アカウントのページから、もう一度変更してください。",

  takeBack: "アカウントを取り戻す",
  takeBackLead:
    "アカウントのメールアドレスが変更されました。お心当たりがない場合は、アカウントを取り戻してください。メールアドレスは元に戻り、すべての端末がログアウトされ、パスワードは無効になります。",
  takenBack: (email) =>
    `メールアドレスを ${email} に戻し、すべての端末をログアウトしました。続けて、パスワードを再設定してください。`,

  cookiesNeeded: "このサイトの Cookie を許可して、ページを再読み込みしてください。",
  logInTo: (client) => `${client} に進みます`,
  logInAgainTo: (client) => `${client} に進むには、もう一度ログインしてください`,
  logInAsAnother: (client, email) =>
    `${email} でログインしていますが、${client} は別のアカウントを求めています。そのアカウントでログインしてください。`,
  chooseAccount: (client) => `${client} に進むアカウントを選択してください`,
  continueAs: (email) => `${email} で続ける`,
  consent: (client) => `${client} が次の権限を求めています。`,
  loggedInAs: (email) => `${email} でログインしています。`,
  sendsYouTo: (host) => `許可すると ${host} に移動します。`,
  allow: "許可",
  deny: "キャンセル",
  useAnother: "別のアカウントを使う",
  leavingFor: (host) => `${host} に戻っています…`,
  scopes: {
    me: "アカウント情報の参照",
    items: "アイテムの参照と変更",
    openid: "ログイン時の本人の識別",
    profile: "氏名とユーザー名の参照",
    email: "メールアドレスの参照",
  },
  notProved: "このログインの要求は正しくありません。アプリケーションには何も送信されていません。",
  tellDeveloper: (fault) => `開発者の方へ：${fault}。`,
  faults: {
    malformed: "URL のクエリが正しくないか、長すぎます",
    repeated_parameter: "client_id または redirect_uri が重複しています",
    client_id_missing: "client_id がありません",
    client_unknown: "client_id が登録されていません",
    redirect_uri_missing: "redirect_uri がありません",
    redirect_uri_unregistered:
      "redirect_uri がこのクライアントに登録されていません（tegata clients redirect-uris で追加できます）",
  },

  logOutAsked: (service) => `${service} からログアウトしますか？`,
  logOutEnds: "このブラウザーで利用しているアプリケーションのアクセスも終了します。",
  thenSendsYouTo: (host) => `その後、${host} に移動します。`,
  backTo: (host) => `${host} に戻る`,
  logoutNotProved: "このログアウトの要求は正しくありません。アプリケーションには移動しません。",
  logoutFaults: {
    malformed: "URL のクエリが正しくないか、長すぎます",
    repeated_parameter: "パラメーターが重複しています",
    client_unknown: "クライアントが登録されていません",
    client_id_contradicted: "id_token_hint は client_id とは別のクライアントに発行されたものです",
    client_id_missing:
      "post_logout_redirect_uri には、client_id またはこのサービスの id_token_hint が必要です",
    logout_uri_unregistered:
      "post_logout_redirect_uri がこのクライアントに登録されていません（tegata clients update --logout-uris で登録できます）",
  },
};
