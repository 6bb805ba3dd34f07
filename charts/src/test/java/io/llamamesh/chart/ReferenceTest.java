package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide: what is generated is current, and what it links to is there. */
class ReferenceTest {
  private static final Path DOCS = Chart.ROOT.resolve("docs");
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)(?:#[^)]*)?\\)");

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
    try (Stream<Path> files = Files.walk(DOCS)) {
      for (Path file :
          Stream.concat(
                  files.filter(f -> f.toString().endsWith(".md")),
                  Stream.of(
                      Chart.ROOT.resolve("README.md"),
                      Chart.ROOT.resolve("CONTRIBUTING.md"),
                      Chart.ROOT.resolve("CHANGELOG.md"),
                      Chart.ROOT.resolve("SECURITY.md"),
                      Chart.ROOT.resolve("examples/bare-metal/README.md"),
                      Chart.ROOT.resolve("examples/kind/README.md")))
              .toList()) {
        Matcher links = LINK.matcher(Files.readString(file));
        while (links.find()) {
          assertThat(file.resolveSibling(links.group(1))).as("link of " + file).exists();
        }
      }
    }
  }

  /** A decision that nobody finds is taken again. */
  @Test
  void theIndexOfDecisionsHasThemAll() throws IOException {
    String index = Files.readString(DOCS.resolve("adr/README.md"));
    try (Stream<Path> files = Files.list(DOCS.resolve("adr"))) {
      List<String> decisions =
          files
              .map(file -> String.valueOf(file.getFileName()))
              .filter(name -> name.matches("\\d{4}-.*[.]md"))
              .sorted()
              .toList();

      assertThat(decisions).isNotEmpty();
      assertThat(decisions)
          .filteredOn(name -> !index.contains("](" + name + ")"))
          .as("decisions that docs/adr/README.md has no line for")
          .isEmpty();
    }
  }
}
