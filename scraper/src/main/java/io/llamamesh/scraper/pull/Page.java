package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer of an agent.
 *
 * @param points of whole windows
 * @param cursor behind the last of them; absent from agents without cursors (Go LLAMA)
 * @param more whether further windows wait behind the cursor
 * @param skew how far the agent's clock is ahead of ours; absent where it does not tell
 * @param malformed points that could not be read
 */
record Page(
    List<Point> points,
    @Nullable WindowCursor cursor,
    boolean more,
    @Nullable Duration skew,
    int malformed) {}
