// @slack/bolt with one empty listener: `node bolt_node.js PORT`, or without a port for Socket Mode.
const { App, LogLevel } = require("@slack/bolt");

const port = process.argv[2];
const door = port
  ? { signingSecret: process.env.SLACK_SIGNING_SECRET }
  : { appToken: process.env.SLACK_APP_TOKEN, socketMode: true };
const app = new App({
  ...door,
  token: process.env.SLACK_BOT_TOKEN,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
  logLevel: LogLevel.ERROR,
});
app.event("message", async () => {});
app.start(port ? Number(port) : undefined);
