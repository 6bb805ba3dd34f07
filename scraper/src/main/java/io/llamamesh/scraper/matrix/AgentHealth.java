package io.llamamesh.scraper.matrix;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How reading one agent goes.
 *
 * @param agent the agent's name, that of its node
 * @param address the address that is or would be asked
 * @param reporting whether its last window arrived in time
 * @param lastAnswer when it last answered; absent where it never did
 * @param lastWindow end of the last window read; absent before the first
 * @param problem why it does not report; absent where it does
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
