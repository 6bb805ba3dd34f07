package io.llamamesh.scraper.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.http.ChangeSignal;
import io.llamamesh.http.EventStreams;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reports of one watch: a new one where what a verdict rests on has changed, at most one each
 * {@link #EACH}, and each {@link #NUMBERS_EACH} for its numbers. Ends where this scraper begins or
 * ceases to lead. For one thread.
 */
final class ReportFeed implements EventStreams.Feed {
  /** Shortest time between two reports; the first change after a quiet time is sent at once. */
  static final Duration EACH = Duration.ofMillis(250);

  /** Longest time between two reports while there are newer ones. */
  static final Duration NUMBERS_EACH = Duration.ofSeconds(10);

  private final ScraperStatus status;
  private final ChangeSignal changes;
  private final boolean isLeader;
  private long version;
  private Key sent;
  private long sentAt;
  private MeshReport report;

  /** What a reader is woken for. */
  private record Key(
      Verdict verdict,
      String message,
      List<String> suspects,
      List<MeshReport.Silent> silent,
      MeshReport.Store.State store,
      MeshReport.Store.@Nullable Trouble trouble,
      @Nullable FabricReport fabric) {
    static Key of(MeshReport report) {
      return new Key(
          report.verdict(),
          report.message(),
          report.suspects().stream()
              .map(suspect -> suspect.kind() + " " + suspect.name() + " " + suspect.direction())
              .toList(),
          report.silent(),
          report.store().state(),
          report.store().trouble(),
          report.fabric());
    }
  }

  ReportFeed(ScraperStatus status) {
    this.status = status;
    this.changes = status.changes();
    this.isLeader = status.isLeader();
    this.version = changes.version();
    this.report = status.report();
    this.sent = Key.of(report);
    this.sentAt = System.nanoTime();
  }

  /** The first report. */
  byte[] first() {
    return json(report);
  }

  @Override
  public byte @Nullable [] next(Duration patience) throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      long left = end - System.nanoTime();
      version = changes.await(version, Duration.ofNanos(Math.max(0, left)));
      if (status.isLeader() != isLeader) {
        throw new IOException("another scraper leads now");
      }
      MeshReport now = status.report();
      Key key = Key.of(now);
      boolean isChanged = !key.equals(sent);
      boolean isOld = System.nanoTime() - sentAt > NUMBERS_EACH.toNanos();
      if (isChanged || (isOld && !now.time().equals(report.time()))) {
        long rest = sentAt + EACH.toNanos() - System.nanoTime();
        if (rest > 0) {
          Thread.sleep(Duration.ofNanos(rest));
          now = status.report();
          key = Key.of(now);
        }
        report = now;
        sent = key;
        sentAt = System.nanoTime();
        return json(now);
      }
      if (left <= 0) {
        return null;
      }
    }
  }

  private static byte[] json(MeshReport report) {
    try {
      return ResultsJson.mapper().writeValueAsBytes(report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("our own documents can be written", e);
    }
  }
}
