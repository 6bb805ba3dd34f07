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
import io.llamamesh.scraper.testing.FakeMesh;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser: a known fault shows as the red cell that it is. */
final class PageIT {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final int NODES = 6;

  /** Rows and columns are sorted by zone, and nodes go round the three zones. */
  private static final List<String> ORDER =
      List.of("node-1", "node-4", "node-2", "node-5", "node-3", "node-6");

  // Colours of page.css, light: none lost; above 5 %, above 25 %.
  private static final int NOTHING_LOST = 0xd6e6f2;
  private static final Set<Integer> MUCH_LOST = Set.of(0xc2320e, 0x6d0b18);

  private final Path folder;
  private final FakeMesh mesh;
  private final Scraper scraper;

  PageIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.mesh =
        new FakeMesh(
            NODES,
            3,
            (source, destination, path) ->
                source.equals("node-3") && destination.equals("node-5") ? 0.2 : 0);
    this.scraper =
        Scraper.start(
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

  @BeforeEach
  void needsABrowser() {
    assumeTrue(Files.isExecutable(CHROMIUM), "chromium is not installed (Debian: chromium)");
  }

  @AfterEach
  void stop() {
    scraper.close();
    mesh.close();
  }

  @Test
  void theFaultIsNamedInWords() throws Exception {
    publish();

    String page = browse("--dump-dom", "");

    assertThat(page)
        .contains("✗ PairLoss", "1 of 30 pairs are bad: pair node-3&gt;node-5")
        .contains("<b>Pair node-3&gt;node-5</b>", "<b>node-3 → node-5</b>")
        .contains("6 / 6");
  }

  @Test
  void theFaultIsTheOneRedCell() throws Exception {
    publish();

    Path picture = folder.resolve("page.png");
    browse("--screenshot=" + picture, "");

    BufferedImage image = ImageIO.read(picture.toFile());
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
  void aPairIsShownWithItsHistoryAndItsSourcePorts() throws Exception {
    publish();

    assertThat(browse("--dump-dom", "#pair=node-3%3Enode-5"))
        .contains("node-3 → node-5</h2>", "Each source port takes one of the equal-cost paths")
        .contains("/api/v1/pairs/node-3/node-5");
  }

  @Test
  void beforeTheFirstWindowThePageSaysWhatIsAwaited() throws Exception {
    await().until(() -> scraper.agents().stream().allMatch(a -> a.lastAnswer() != null));

    assertThat(browse("--dump-dom", ""))
        .contains("? NoData", "6 of 6 agents answer. The first window comes about 13 s after");
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

  private String browse(String what, String fragment) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + Files.createTempDirectory(folder, "browser"),
                "--window-size=1280,1000",
                "--virtual-time-budget=6000",
                what,
                "http://127.0.0.1:" + scraper.address().getPort() + "/" + fragment));
    Path out = folder.resolve("out.html");
    Process browser =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(browser.waitFor(90, TimeUnit.SECONDS)).as("the browser ended").isTrue();
    } finally {
      browser.destroyForcibly();
    }
    return Files.readString(out);
  }
}
