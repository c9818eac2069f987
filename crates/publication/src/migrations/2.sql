-- What a subscription is called where several things are counted (its id where it has no name of its own), and the
-- credential that its messages are sent with. Neither is known here any further.
ALTER TABLE publication_subscriptions ADD COLUMN integration TEXT;
ALTER TABLE publication_subscriptions ADD COLUMN credential TEXT;

CREATE UNIQUE INDEX publication_subscriptions_integration
    ON publication_subscriptions (tenant, coalesce(integration, id));
