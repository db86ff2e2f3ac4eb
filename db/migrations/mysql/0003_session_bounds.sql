ALTER TABLE `refresh_tokens` ADD `generation` bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_client` ON `sessions` (`client_id`,`user_id`,`revoked_at_ms`);