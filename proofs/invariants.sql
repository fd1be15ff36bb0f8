-- What must be so once nothing moves any more, whatever was killed. Each statement returns the rows
-- that break it: none, where it holds. They read the product's tables and what the harness has noted
-- (`schema.sql`), and do not rely on the guard that they judge.

-- name: promised_leads_are_there
-- A 201 promises that the lead is on disk: no crash afterwards may lose it.
SELECT DISTINCT a.request, a.workspace, a.lead_id
FROM proof.answers a
WHERE a.status = 201 AND NOT EXISTS (SELECT FROM leads l WHERE l.id = a.lead_id);

-- name: leads_are_whole
-- A lead's rows are written together or not at all: what it is, whom to call, that it came.
SELECT l.id AS lead_id
FROM leads l
WHERE NOT EXISTS (SELECT FROM lead_facts f WHERE f.lead_id = l.id)
  OR NOT EXISTS (SELECT FROM lead_contacts c WHERE c.lead_id = l.id)
  OR (SELECT count(*) FROM events e WHERE e.lead_id = l.id AND e.name = 'lead.created') <> 1;

-- name: states_are_known
-- Three words say where a lead is; any other combination means that somebody wrote half a step.
SELECT l.id AS lead_id, proof.state_of(l) AS state
FROM leads l
WHERE proof.state_of(l) NOT IN ('received/pending/-', 'processed/pending/-', 'processed/routing/-',
  'routed/routed/success', 'duplicate/failed/duplicate', 'review/failed/failed', 'expired/expired/-',
  'rejected/failed/failed');

-- name: moves_are_allowed
-- A lead only goes the ways that its life has: nobody who lost their lease takes it back, and what
-- has ended stays ended.
SELECT m.lead_id, m.before, m.after
FROM proof.moves m
WHERE NOT EXISTS (SELECT FROM proof.ways w WHERE w.before = m.before AND w.after = m.after)
  AND m.before <> m.after;

-- name: leads_have_ended_or_wait
-- No lead is forgotten half-way: it has its end, or it waits and a queue row says until when.
SELECT l.id AS lead_id, proof.state_of(l) AS state, count(q.id) AS open_rows
FROM leads l
LEFT JOIN lead_routing_queue q ON q.lead_id = l.id AND q.processed_at IS NULL
GROUP BY l.id
HAVING CASE
  WHEN l.status IN ('routed', 'duplicate', 'review', 'rejected', 'expired') THEN count(q.id) <> 0
  WHEN l.status = 'processed' AND l.routing_status = 'pending' THEN count(q.id) <> 1
  ELSE true
END;

-- name: one_open_queue_row
-- Two open rows would have a lead decided twice.
SELECT lead_id, count(*) AS open_rows
FROM lead_routing_queue
WHERE processed_at IS NULL
GROUP BY lead_id
HAVING count(*) > 1;

-- name: one_owner
-- A lead is sold once: two placements in force are two owners.
SELECT lead_id, count(*) AS owners
FROM placements
WHERE released_at IS NULL
GROUP BY lead_id
HAVING count(*) > 1;

-- name: owned_exactly_when_routed
-- A routed lead has an owner, and a lead with an owner says so.
SELECT l.id AS lead_id, proof.state_of(l) AS state, p.id AS placement_id
FROM leads l
LEFT JOIN placements p ON p.lead_id = l.id AND p.released_at IS NULL
WHERE (l.status = 'routed') <> (p.id IS NOT NULL);

-- name: one_log_row_a_placement
-- The routing log is what people's own SQL counts: every placement, and so every assignment, once.
SELECT p.id AS placement_id, p.lead_id, count(g.id) AS log_rows
FROM placements p
LEFT JOIN lead_routing_logs g ON g.placement_id = p.id AND g.lead_id = p.lead_id
GROUP BY p.id
HAVING count(g.id) <> 1
UNION ALL
SELECT a.placement_id, a.lead_id, 0
FROM assignments a
WHERE NOT EXISTS (SELECT FROM lead_routing_logs g WHERE g.placement_id = a.placement_id);

-- name: no_more_partners_than_allowed
-- Who is with a partner exclusively is with no other, through whichever lead and workspace, and at no
-- time are there more than each of those who have the person allows.
SELECT one.lead_id, one.vertical, array_agg(DISTINCT other.lead_id) AS leads,
  array_agg(DISTINCT other.destination_id) AS destinations, min(other.max_owners) AS most
FROM proof.holds one
JOIN proof.holds other USING (person, vertical)
WHERE one.held_from < one.held_until
  AND other.held_from <= one.held_from AND one.held_from < other.held_until
GROUP BY one.placement_id, one.person, one.lead_id, one.vertical
HAVING count(DISTINCT other.lead_id) > min(other.max_owners);

-- name: caps_are_kept
-- A partner pays for so many leads a window, counted by its own clock, and for no more.
SELECT destination_id, window_kind, starts_at, sold, most
FROM proof.sold
WHERE sold > most;

-- name: caps_are_counted
-- What is counted against a cap is what is placed: a hold that leaked would cost the partner a lead.
SELECT owner_id AS destination_id, window_kind, starts_at, c.used, coalesce(s.sold, 0) AS sold
FROM capacity c
FULL JOIN (
  SELECT destination_id AS owner_id, window_kind, starts_at, sold FROM proof.sold
) AS s USING (owner_id, window_kind, starts_at)
WHERE window_kind <> 'open' AND coalesce(c.used, 0) <> coalesce(s.sold, 0);

-- name: agents_are_not_overfull
-- An agent has no more leads open than they can call.
SELECT agent_id, open, capacity
FROM proof.open_leads
WHERE open > capacity;

-- name: open_leads_are_counted
-- What is counted against an agent's capacity is what they have open; a closing outcome frees it once.
SELECT o.agent_id, coalesce(c.used, 0) AS used, o.open
FROM proof.open_leads o
LEFT JOIN capacity c ON c.owner_id = o.agent_id AND c.window_kind = 'open'
WHERE coalesce(c.used, 0) <> o.open;

-- name: nobody_waits_beside_room
-- A lead waits because every place its rules name is paused, full or without a free agent. With room
-- in one of them somebody was not woken.
WITH free AS MATERIALIZED (
  SELECT g.id, g.workspace_id
  FROM agents g
  JOIN proof.open_leads o ON o.agent_id = g.id
  WHERE g.active AND o.open < o.capacity
),
held AS MATERIALIZED (
  SELECT person, vertical, lead_id, max_owners FROM proof.holds WHERE held_until > now()
),
room AS (
  SELECT t.id, t.workspace_id, t.assigns_agents, w.slug || '/' || t.name AS door, t.max_owners
  FROM destinations t
  JOIN workspaces w ON w.id = t.workspace_id
  WHERE t.active AND w.active
    AND NOT EXISTS (
      SELECT FROM delivery_health h WHERE h.destination_id = t.id AND h.paused_until > now()
    )
    AND NOT EXISTS (
      SELECT FROM jsonb_each_text(t.caps) AS cap
      LEFT JOIN proof.sold s ON s.destination_id = t.id AND s.window_kind = cap.key
        AND now() >= s.starts_at AND (cap.key = 'total' OR now() < s.starts_at
          + ('1 ' || cap.key)::interval)
      WHERE coalesce(s.sold, 0) >= cap.value::integer
    )
)
SELECT l.id AS lead_id, room.door, q.next_retry_at
FROM leads l
JOIN lead_facts f ON f.lead_id = l.id
JOIN lead_routing_queue q ON q.lead_id = l.id AND q.processed_at IS NULL AND q.reason = 'waiting'
JOIN workspaces w ON w.id = l.workspace_id
JOIN rulebooks r ON r.workspace_id = w.id AND r.version = w.rulebook_version
CROSS JOIN LATERAL jsonb_array_elements(r.document -> 'rules') AS rule
JOIN room ON room.door = rule ->> 'to'
  AND NOT EXISTS (SELECT FROM returns b WHERE b.lead_id = l.id AND b.passed_over = room.id)
  AND (
    NOT room.assigns_agents
    OR EXISTS (
      SELECT FROM free
      WHERE free.workspace_id = room.workspace_id
        AND NOT EXISTS (SELECT FROM returns b WHERE b.lead_id = l.id AND b.passed_over = free.id)
    )
  )
WHERE coalesce((rule -> 'enabled')::boolean, true)
  AND NOT EXISTS (
    SELECT FROM jsonb_each(rule -> 'if') AS test
    WHERE f.attributes -> test.key IS DISTINCT FROM test.value
  )
  AND (
    SELECT count(*) = 0 OR count(DISTINCT h.lead_id) < least(min(h.max_owners), room.max_owners)
    FROM held h
    WHERE h.vertical = l.vertical AND position(h.person IN f.identity) % 16 = 1
  );

-- name: no_lock_is_left
-- A lock has an owner and a time, or nobody would ever take over what a dead worker held.
SELECT id, routing_status AS state, routing_locked_by AS owner, routing_locked_at AS at
FROM leads
WHERE routing_status = 'routing' OR routing_locked_by IS NOT NULL OR routing_locked_at IS NOT NULL
UNION ALL
SELECT id, state, locked_by, lease_until
FROM deliveries
WHERE state = 'sending' OR locked_by IS NOT NULL OR lease_until IS NOT NULL;

-- name: one_lead_a_request
-- A request that is sent again makes no second lead, whichever process it comes to. Every request of
-- the harness names itself in `traffic_source`.
SELECT workspace_id, traffic_source AS request, count(*) AS leads
FROM leads
GROUP BY workspace_id, traffic_source
HAVING count(*) > 1;

-- name: one_key_one_lead
-- A key stands for one lead that is there.
SELECT k.workspace_id, k.key, count(DISTINCT k.lead_id) AS leads, count(l.id) AS there
FROM submission_keys k
LEFT JOIN leads l ON l.id = k.lead_id
GROUP BY k.workspace_id, k.key
HAVING count(DISTINCT k.lead_id) <> 1 OR count(l.id) = 0;

-- name: repeats_are_answered_alike
-- Whoever lost an answer gets the same one: the same lead, and not that its person is known by now.
SELECT request, workspace, array_agg(DISTINCT status) AS statuses,
  array_agg(DISTINCT lead_id) AS leads
FROM proof.answers
WHERE status IN (201, 409)
GROUP BY request, workspace
HAVING count(DISTINCT (status, lead_id)) > 1
UNION ALL
SELECT a.request, a.workspace, ARRAY[a.status], ARRAY[a.lead_id]
FROM proof.answers a
JOIN leads l ON l.id = a.lead_id
WHERE a.status = 409 AND l.traffic_source = a.request;

-- name: answers_are_foreseen
-- Under crashes a sender hears that we are away (503), and never that we are confused.
SELECT request, workspace, status, code
FROM proof.answers
WHERE status NOT IN (201, 409, 503) OR status = 409 AND code <> 'duplicate';

-- name: promised_outcomes_are_there
-- What an owner said, and was told is written, is written.
SELECT o.lead_id, o.outcome, p.outcome AS written
FROM proof.outcomes o
LEFT JOIN placements p ON p.lead_id = o.lead_id AND p.released_at IS NULL
WHERE p.outcome IS DISTINCT FROM o.outcome;

-- name: one_delivery_a_placement
-- A lead that was sold is sent to its buyer, once, until it was taken or a person has to look.
SELECT p.id AS placement_id, p.lead_id, count(d.id) AS deliveries, min(d.state) AS state
FROM placements p
LEFT JOIN deliveries d ON d.placement_id = p.id AND d.destination_id = p.destination_id
WHERE p.destination_id IS NOT NULL
GROUP BY p.id
HAVING count(d.id) <> 1
  OR NOT bool_and(d.state IN ('delivered', 'dead') OR d.state = 'unknown' AND d.next_attempt_at IS NULL);

-- name: one_partner_has_the_lead
-- What receivers say: a lead that one of them has taken came to no other, unless that one gave it back,
-- and under one key always the same lead came to the same receiver.
SELECT a.lead_id, a.delivery_id, a.destination_id
FROM proof.arrivals a
LEFT JOIN deliveries d ON d.id = a.delivery_id AND d.lead_id = a.lead_id
  AND d.destination_id = a.destination_id
LEFT JOIN placements p ON p.id = d.placement_id
WHERE d.id IS NULL
  OR a.took AND p.released_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM returns b WHERE b.placement_id = p.id AND b.reason IN ('declined', 'late')
  );

-- name: what_comes_back_is_written
-- A placement that is over says why: the owner did not keep the lead, and everybody heard so, once.
SELECT p.id AS placement_id, p.lead_id, count(b.placement_id) AS returns, count(e.id) AS events
FROM placements p
LEFT JOIN returns b ON b.placement_id = p.id AND b.returned_at = p.released_at
LEFT JOIN events e ON e.lead_id = p.lead_id AND e.name = 'lead.returned'
  AND e.occurred_at = p.released_at
GROUP BY p.id
HAVING count(b.placement_id) <> (p.released_at IS NOT NULL)::integer
  OR count(e.id) <> (p.released_at IS NOT NULL)::integer;

-- name: nobody_is_asked_twice
-- Whom a lead came back from does not get it again by the rules.
SELECT b.lead_id, b.passed_over, p.id AS placement_id
FROM returns b
JOIN placements p ON p.lead_id = b.lead_id AND p.placed_at > b.returned_at
LEFT JOIN assignments a ON a.placement_id = p.id
WHERE b.passed_over IN (p.destination_id, a.agent_id);

-- name: promised_answers_are_kept
-- An owner who accepted a lead has it, and one who declined it does not.
SELECT a.lead_id, a.placement_id, 'accepted' AS answer
FROM proof.accepted a
LEFT JOIN placements p ON p.id = a.placement_id AND p.released_at IS NULL AND p.accepted_at IS NOT NULL
WHERE p.id IS NULL
UNION ALL
SELECT a.lead_id, a.placement_id, 'declined'
FROM proof.declined a
LEFT JOIN returns b ON b.placement_id = a.placement_id AND b.reason = 'declined'
WHERE b.placement_id IS NULL;

-- name: nobody_is_late
-- A lead that nobody accepted in time does not lie there, unless its owner may have it already.
SELECT p.lead_id, p.id AS placement_id, p.return_at
FROM placements p
WHERE p.released_at IS NULL AND p.accepted_at IS NULL AND p.return_at <= now()
  AND NOT EXISTS (SELECT FROM deliveries d WHERE d.placement_id = p.id AND d.state = 'unknown');

-- name: what_was_taken_is_delivered
-- We call delivered what a receiver has, and nothing it has we call refused.
SELECT d.id AS delivery_id, d.lead_id, d.state, coalesce(seen.took, false) AS took
FROM deliveries d
LEFT JOIN (
  SELECT delivery_id, bool_or(took) AS took FROM proof.arrivals GROUP BY delivery_id
) AS seen ON seen.delivery_id = d.id
WHERE d.state = 'delivered' AND seen.took IS NOT TRUE
  OR d.state = 'dead' AND seen.took;

-- name: deliveries_are_told_once
-- Whoever listens hears that a lead was delivered when it was, and once.
SELECT d.id AS delivery_id, d.state, count(e.id) AS events
FROM deliveries d
LEFT JOIN events e ON e.lead_id = d.lead_id AND e.name = 'lead.delivered'
  AND e.data ->> 'delivery_id' = d.id::text
GROUP BY d.id
HAVING count(e.id) <> (d.state = 'delivered')::integer;

-- name: attempts_are_on_record
-- An attempt is on record before its first byte leaves, so no receiver sees more than we know of.
SELECT d.id AS delivery_id, d.attempts, count(*) AS arrivals
FROM proof.arrivals a
JOIN deliveries d ON d.id = a.delivery_id
GROUP BY d.id
HAVING count(*) > d.attempts
  OR d.attempts <> (SELECT count(*) FROM delivery_attempts t WHERE t.delivery_id = d.id);
