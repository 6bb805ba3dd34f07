package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Fetches again from an agent what was not stored when it was polled: pages of as many windows as
 * fit. For the pump's thread alone.
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
      // Who catches up shares few places: an agent that can't be read must not hold one.
      throw new IOException("agent can't be read");
    }
    if (budget.pause(clock.instant()).isPositive()) {
      throw new IOException("agent has more than it can retain");
    }
    while (true) {
      int limit = pages.windows();
      try (AgentClient.FetchedPage fetched =
          client.fetch(position.address(), cursor, position.safeCursor(), limit, true)) {
        Page page =
            position.skew().correct(admission.admitAgain(fetched.page()), position.interval());
        fetched.recordSize(pages);
        budget.spend(fetched.bytes(), clock.instant());
        return EncodedPage.of(cursor, page, fetched.maxWindows());
      } catch (AgentClient.AnswerTooLargeException e) {
        if (!pages.tryShrink()) {
          throw e;
        }
      } catch (IOException e) {
        // It may be too much at once for its line, or one window of many may be refused.
        var _ = pages.tryShrink();
        throw e;
      }
    }
  }
}
