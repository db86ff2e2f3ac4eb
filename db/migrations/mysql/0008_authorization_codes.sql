CREATE TABLE `codes` (
	`hash` varbinary(43) NOT NULL,
	`session_id` varbinary(22) NOT NULL,
	`parent_id` varbinary(22) NOT NULL,
	`auth_time_ms` bigint,
	`client_id` varbinary(100) NOT NULL,
	`redirect_uri` varbinary(2000) NOT NULL,
	`challenge` varbinary(43),
	`nonce` varbinary(500),
	`scope` varbinary(1000) NOT NULL,
	`created_at_ms` bigint NOT NULL,
	`expires_at_ms` bigint NOT NULL,
	`used_at_ms` bigint,
	`replayed_at_ms` bigint,
	CONSTRAINT `codes_hash` PRIMARY KEY(`hash`)
);
--> statement-breakpoint
CREATE TABLE `consents` (
	`user_id` bigint NOT NULL,
	`client_id` varbinary(100) NOT NULL,
	`scope` varbinary(1000) NOT NULL,
	`granted_at_ms` bigint NOT NULL,
	CONSTRAINT `consents_user_id_client_id_scope_pk` PRIMARY KEY(`user_id`,`client_id`,`scope`)
);
--> statement-breakpoint
ALTER TABLE `clients` ADD `name` varbinary(200);--> statement-breakpoint
ALTER TABLE `clients` ADD `redirect_uris` varbinary(4000) DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `logout_uris` varbinary(4000) DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `first_party` boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `consents` ADD CONSTRAINT `consents_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `codes_expires` ON `codes` (`expires_at_ms`);