ALTER TABLE `users` DROP INDEX `users_username`;--> statement-breakpoint
ALTER TABLE `users` ADD `username_key` varbinary(801);--> statement-breakpoint
ALTER TABLE `users` ADD CONSTRAINT `users_username_key` UNIQUE(`username_key`);