CREATE TABLE `codes` (
	`hash` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`parent_id` text NOT NULL,
	`auth_time_ms` integer,
	`client_id` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`challenge` text,
	`nonce` text,
	`scope` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL,
	`used_at_ms` integer,
	`replayed_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `codes_expires` ON `codes` (`expires_at_ms`);--> statement-breakpoint
CREATE TABLE `consents` (
	`user_id` integer NOT NULL,
	`client_id` text NOT NULL,
	`scope` text NOT NULL,
	`granted_at_ms` integer NOT NULL,
	PRIMARY KEY(`user_id`, `client_id`, `scope`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `clients` ADD `name` text;--> statement-breakpoint
ALTER TABLE `clients` ADD `redirect_uris` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `logout_uris` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `first_party` integer DEFAULT false NOT NULL;