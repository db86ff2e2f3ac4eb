ALTER TABLE `users` MODIFY COLUMN `password_hash` varbinary(255) NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `email_verified_at_ms` bigint;