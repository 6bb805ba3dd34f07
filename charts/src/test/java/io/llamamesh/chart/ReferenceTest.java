package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide: what is generated is current, and what it links to is there. */
class ReferenceTest {
  private static final Path DOCS = Chart.ROOT.resolve("docs");
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)(?:#[^)]*)?\\)");
  private static final Pattern TO_HEADING =
      Pattern.compile("\\]\\((?!https?:)([^)#\\s]*)#([^)\\s]+)\\)");

  @Test
  void theResourcesReferenceIsMadeFromTheCrd() throws IOException {
    JsonNode crd =
        Chart.YAML.readTree(Chart.ROOT.resolve("crds/llamameshes.llamamesh.io-v1.yaml").toFile());

    CheckedIn.assertCurrent(DOCS.resolve("reference/llamamesh.md"), CrdReference.page(crd));
  }

  @Test
  void theReferenceNamesEveryFieldThatAMeshHas() throws IOException {
    assertThat(Files.readString(DOCS.resolve("reference/llamamesh.md")))
        .contains(
            "`spec.groups[].targets[].host`",
            "`spec.scraper.influxdb.v2.tokenSecret.key`",
            "`status.suspects[].explains`",
            "retention must not be shorter than interval");
  }

  @Test
  void everyLinkOfTheGuideLeadsSomewhere() throws IOException {
    for (Path file : pages()) {
      Matcher links = LINK.matcher(Files.readString(file));
      while (links.find()) {
        assertThat(file.resolveSibling(links.group(1))).as("link of " + file).exists();
      }
    }
  }

  /** A link to a part of a page, whose heading somebody may have changed. */
  @Test
  void everyLinkToAHeadingLeadsToOne() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      Matcher links = TO_HEADING.matcher(Files.readString(page));
      while (links.find()) {
        Path target = links.group(1).isEmpty() ? page : page.resolveSibling(links.group(1));
        if (target.toString().endsWith(".md") && !headings(target).contains(links.group(2))) {
          broken.add(page + ": " + links.group());
        }
      }
    }

    assertThat(broken).isEmpty();
  }

  /** A page's headings as links name them. */
  private static Set<String> headings(Path page) throws IOException {
    return Pattern.compile("(?m)^#+ (.*)$")
        .matcher(Files.readString(page))
        .results()
        .map(heading ->
            heading
                .group(1)
                .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\w\\- ]", "")
                .replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.walk(DOCS)) {
      return Stream.concat(
              files.filter(f -> f.toString().endsWith(".md")),
              Stream.of(
                  Chart.ROOT.resolve("README.md"),
                  Chart.ROOT.resolve("CONTRIBUTING.md"),
                  Chart.ROOT.resolve("CHANGELOG.md"),
                  Chart.ROOT.resolve("SECURITY.md"),
                  Chart.ROOT.resolve("examples/bare-metal/README.md"),
                  Chart.ROOT.resolve("examples/kind/README.md")))
          .toList();
    }
  }
}
