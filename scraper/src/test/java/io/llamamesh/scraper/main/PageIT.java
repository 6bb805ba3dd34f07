package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.testing.Browser;
import io.llamamesh.scraper.testing.FakeMesh;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The page in a real browser: a known fault shows as the red cell that it is. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Browser.LOCK)
final class PageIT {
  private static final int NODES = 6;

  /** Rows and columns are sorted by zone, and nodes go round the three zones. */
  private static final List<String> ORDER =
      List.of("node-1", "node-4", "node-2", "node-5", "node-3", "node-6");

  // Colours of page.css, light: none lost; above 5 %, above 25 %.
  private static final int NOTHING_LOST = 0xd6e6f2;
  private static final Set<Integer> MUCH_LOST = Set.of(0xc2320e, 0x6d0b18);

  @TempDir private static @Nullable Path folder;
  private static @Nullable Browser browser;

  private final FakeMesh mesh;
  private final ScraperRun scraper;

  PageIT() throws IOException {
    this.mesh =
        new FakeMesh(
            NODES,
            3,
            (source, destination, path) ->
                source.equals("node-3") && destination.equals("node-5") ? 0.2 : 0);
    this.scraper =
        ScraperRun.start(
            new ScraperConfig(
                "default",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Duration.ofSeconds(10),
                Duration.ofHours(1),
                Duration.ofSeconds(5),
                Limits.DEFAULT),
            new StaticAgents(mesh.addresses(), 8100),
            null,
            CursorStore.NONE,
            Leadership.ALONE,
            Tokens.NONE);
  }

  @BeforeAll
  static void needsABrowser() throws Exception {
    assumeTrue(
        Files.isExecutable(Browser.CHROMIUM), "chromium is not installed (Debian: chromium)");
    browser = new Browser(Objects.requireNonNull(folder), 1_280, 1_000);
  }

  @AfterAll
  static void closeTheBrowser() throws InterruptedException {
    if (browser != null) {
      browser.close();
    }
  }

  @AfterEach
  void stop() {
    scraper.close();
    mesh.close();
  }

  @Test
  void theFaultIsNamedInWords() {
    publish();

    Browser page = open("");

    eventually(page, "verdict-word", "✗ PairLoss");
    eventually(page, "verdict-message", "1 of 30 pairs is bad: pair node-3>node-5, ");
    eventually(page, "suspects", "node-3 → node-5");
    eventually(page, "totals", "6 / 6");
  }

  @Test
  void theFaultIsTheOneRedCell() throws Exception {
    publish();
    Browser page = open("");
    eventually(page, "legend", "above the limit of 1 %");

    BufferedImage image = ImageIO.read(new ByteArrayInputStream(page.picture()));

    Rectangle red = bounds(image, MUCH_LOST);
    Rectangle all = bounds(image, Set.of(NOTHING_LOST)).union(red);
    double width = all.width / (double) NODES;
    double height = all.height / (double) NODES;
    assertThat(red.getCenterX())
        .isCloseTo(all.x + width * (ORDER.indexOf("node-5") + 0.5), within(width / 4));
    assertThat(red.getCenterY())
        .isCloseTo(all.y + height * (ORDER.indexOf("node-3") + 0.5), within(height / 4));
    assertThat(red.getWidth()).isCloseTo(width, within(width / 4));
    assertThat(red.getHeight()).isCloseTo(height, within(height / 4));
  }

  @Test
  void thatCellIsWhereTheKeyboardStartsAndEnterOpensIt() {
    publish();
    Browser page = open("");
    eventually(page, "legend", "above the limit");

    tabTo(page, "heatmap");

    eventually(page, "pointed", "node-3 → node-5 · loss ");
    page.key("ArrowRight");
    eventually(page, "pointed", "node-3 → node-3 · a node does not probe itself");
    page.key("ArrowLeft");
    page.key("Enter");
    eventually(page, "details-title", "node-3 → node-5");
    eventually(page, "paths-words", "Each source port takes one of the equal-cost paths");
    page.key("Escape");
    await().until(() -> page.eval("document.activeElement.id").equals("heatmap"));
  }

  @Test
  void aPairIsShownWithItsHistoryAndItsSourcePorts() {
    publish();

    Browser page = open("#pair=node-3%3Enode-5");

    eventually(page, "details-title", "node-3 → node-5");
    eventually(page, "paths-words", "Each source port takes one of the equal-cost paths");
    assertThat(page.eval("document.getElementById('details-json').href"))
        .endsWith("/api/v1/pairs/node-3/node-5");
  }

  @Test
  void beforeTheFirstWindowThePageSaysWhatIsAwaited() {
    await().until(() -> scraper.agents().stream().allMatch(a -> a.lastAnswer() != null));

    Browser page = open("");

    eventually(page, "verdict-word", "? NoData");
    eventually(page, "blank", "6 of 6 agents answer. The first window comes about 13 s after");
  }

  @Test
  void whenTheScraperIsGoneThePageSaysHowOldItIs() {
    publish();
    Browser page = open("");
    eventually(page, "verdict-word", "✗ PairLoss");

    scraper.close();

    eventually(page, "trouble", "The scraper does not answer (no connection).");
    eventually(page, "trouble", "What you see is ");
    eventually(page, "verdict-word", "? was PairLoss");
    assertThat(page.eval("document.title")).isEqualTo("? no answer · default");
    assertThat(page.eval("document.getElementById('verdict').className")).isEqualTo("unknown");
  }

  private void publish() {
    long end = Instant.now().getEpochSecond() / 10 * 10;
    for (long time = end - 400; time <= end; time += 10) {
      mesh.publish(Instant.ofEpochSecond(time), 10);
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            scraper.report().totals().pairs() == NODES * (NODES - 1)
                && scraper.report().verdict() == Verdict.PAIR_LOSS);
  }

  private Browser open(String fragment) {
    Browser page = Objects.requireNonNull(browser);
    page.open("http://127.0.0.1:" + scraper.address().getPort() + "/" + fragment);
    return page;
  }

  private static void eventually(Browser page, String id, String text) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(page.text(id)).contains(text));
  }

  private static void tabTo(Browser page, String id) {
    for (int i = 0; i < 40 && !page.eval("document.activeElement.id").equals(id); i++) {
      page.key("Tab");
    }
    assertThat(page.eval("document.activeElement.id")).isEqualTo(id);
  }

  /** Where pixels of these colours are the beginning of at least twenty in a row. */
  private static Rectangle bounds(BufferedImage image, Set<Integer> colours) {
    Rectangle bounds = new Rectangle(-1, -1);
    for (int y = 0; y < image.getHeight(); y++) {
      int run = 0;
      for (int x = 0; x < image.getWidth(); x++) {
        run = colours.contains(image.getRGB(x, y) & 0xffffff) ? run + 1 : 0;
        if (run >= 20) {
          bounds = bounds.union(new Rectangle(x - run + 1, y, run, 1));
        }
      }
    }
    assertThat(bounds.isEmpty()).as("no pixel of %s", colours).isFalse();
    return bounds;
  }
}
