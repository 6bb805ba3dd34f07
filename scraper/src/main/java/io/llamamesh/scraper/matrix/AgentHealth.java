package io.llamamesh.scraper.matrix;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Health of the pull from one agent.
 *
 * @param agent the agent's name, that of its node
 * @param address the address that is polled
 * @param reporting true if its last window arrived in time
 * @param lastAnswer time of its last answer; null before the first
 * @param lastWindow end of the last window read; null before the first
 * @param problem reason why it does not report; null if it does
 * @param clockSkewMillis how far its clock is ahead of ours
 */
public record AgentHealth(
    String agent,
    String address,
    boolean reporting,
    @Nullable Instant lastAnswer,
    @Nullable Instant lastWindow,
    @Nullable String problem,
    long clockSkewMillis) {}
