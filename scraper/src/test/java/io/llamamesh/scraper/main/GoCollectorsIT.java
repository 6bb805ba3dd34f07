package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.scraper.stores.QuestDbProcess;
import io.llamamesh.scraper.testing.GoCollector;
import io.llamamesh.scraper.testing.GoCollector.Summary;
import io.llamamesh.testkit.junit.RunsAlone;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scraper program among collectors of the Go LLAMA, with LLAMA's flags, into a real store. */
@RunsAlone("what it publishes must be seen within a second or two")
final class GoCollectorsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int INTERVAL = 3;
  private static final List<String> HOSTS = List.of("127.0.0.1", "127.0.0.2");

  /** Sent in each summary, which distinguishes them; if all is lost nothing else does. */
  private static final int[] SENT = {480, 481, 482, 500, 500, 500, 486, 487};

  private static final int ALL_LOST = 500;

  @Test
  void everySummaryIsOnePointAWindowHoweverOftenItIsServed(@TempDir Path folder) throws Exception {
    try (QuestDbProcess store = new QuestDbProcess(folder.resolve("store"));
        GoCollector first = new GoCollector(HOSTS.getFirst(), 0);
        GoCollector second = new GoCollector(HOSTS.getLast(), first.port())) {
      store.start();
      List<String> options = new ArrayList<>(store.options());
      options.add("-llama.collector-hosts=" + String.join(",", HOSTS));
      options.add("-llama.collector-port=" + first.port());
      options.add("-llama.interval=" + INTERVAL);
      try (ScraperProcess scraper =
          new ScraperProcess(folder.resolve("scraper.log"), Map.of(), options)) {
        scraper.start();
        await().atMost(PATIENCE).until(() -> first.asked() > 0 && second.asked() > 0);
        for (int sent : SENT) {
          awaitTick();
          first.summary(summary("10.0.0.1", sent), summary("10.0.0.2", sent));
          second.summary(summary("10.0.0.1", sent));
        }
        awaitTick();
        // One that is not all lost: served for ever, it is still one window.
        int asked = first.asked();
        await().atMost(PATIENCE).until(() -> first.asked() > asked + 5);

        await().atMost(PATIENCE).until(() -> rows(store).size() >= 3 * SENT.length);
        List<String> expected = new ArrayList<>();
        String firstName = HOSTS.getFirst() + ":" + first.port();
        String secondName = HOSTS.getLast() + ":" + first.port();
        for (String pair :
            List.of(firstName + " 10.0.0.1", firstName + " 10.0.0.2", secondName + " 10.0.0.1")) {
          for (int sent : SENT) {
            expected.add(pair + " " + sent);
          }
        }
        assertThat(rows(store)).containsExactlyElementsOf(expected);
        assertThat(ends(store)).isEqualTo(SENT.length);
      }
    }
  }

  private static Summary summary(String target, int sent) {
    return sent == ALL_LOST
        ? new Summary(target, sent, sent, 0)
        : new Summary(target, sent, 1, 0.25);
  }

  /** Until the next multiple of the interval, when Go LLAMA sums up. */
  private static void awaitTick() {
    long now = Instant.now().getEpochSecond();
    Instant tick = Instant.ofEpochSecond((now / INTERVAL + 1) * INTERVAL);
    await().pollInterval(Duration.ofMillis(5)).until(() -> !Instant.now().isBefore(tick));
  }

  private static List<String> rows(QuestDbProcess store) throws Exception {
    List<String> rows = new ArrayList<>();
    JsonNode answer =
        store.query(
            "select src_name, dst_ip, cast(sent as int) from raw_stats"
                + " order by src_name, dst_ip, timestamp");
    answer
        .path("dataset")
        .forEach(row ->
            rows.add(
                row.path(0).asText() + " " + row.path(1).asText() + " " + row.path(2).asInt()));
    return rows;
  }

  /** Ends of windows that are a whole number of intervals apart, of which there may be no other. */
  private static int ends(QuestDbProcess store) throws Exception {
    return store
        .query(
            "select count_distinct(timestamp) from raw_stats where cast(timestamp as long) % "
                + INTERVAL * 1_000_000
                + " = 0")
        .path("dataset")
        .path(0)
        .path(0)
        .asInt();
  }
}
