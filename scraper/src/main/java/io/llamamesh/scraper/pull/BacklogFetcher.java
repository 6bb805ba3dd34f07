package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Fetcher of an agent's backlog: fetches windows again that were not stored when polled, in pages
 * of as many as fit. Not thread-safe: for the pump's thread.
 */
final class BacklogFetcher implements StorePump.PageFetcher {
  private final AgentClient client;
  private final AgentPosition position;
  private final PageAdmission admission;
  private final InstantSource clock;
  private final PageSize pages = new PageSize();
  private final CatchUpBudget budget = new CatchUpBudget();

  BacklogFetcher(
      AgentClient client, AgentPosition position, PageAdmission admission, InstantSource clock) {
    this.clock = clock;
    this.client = client;
    this.position = position;
    this.admission = admission;
  }

  @Override
  public EncodedPage fetchAfter(@Nullable WindowCursor cursor)
      throws IOException, InterruptedException {
    if (!position.isReadable()) {
      // Catching up has few permits: an agent that cannot be read must not hold one.
      throw new IOException("agent can't be read");
    }
    if (budget.pause(clock.instant()).isPositive()) {
      throw new IOException("agent has more than it can retain");
    }
    while (true) {
      int limit = pages.windows();
      try (AgentClient.FetchedPage fetched =
          client.fetch(
              position.endpoint().name(),
              position.address(),
              cursor,
              position.safeCursor(),
              limit,
              true)) {
        Page page =
            position.skew().correct(admission.admitUncounted(fetched.page()), position.interval());
        fetched.recordSize(pages);
        budget.spend(fetched.bytes(), clock.instant());
        return EncodedPage.of(cursor, page, fetched.maxWindows());
      } catch (AgentClient.AnswerTooLargeException e) {
        if (!pages.tryShrink()) {
          throw e;
        }
      } catch (IOException e) {
        // The page may be too large for the agent's line, or one window of many may be refused.
        var _ = pages.tryShrink();
        throw e;
      }
    }
  }
}
