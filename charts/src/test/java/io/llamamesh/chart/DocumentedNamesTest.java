package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Classes, reasons and metrics that the pages for maintainers name are in the tree. */
class DocumentedNamesTest {
  /** A type, perhaps with its package before it and a member or nested type behind it. */
  private static final Pattern NAME =
      Pattern.compile("`((?:[a-z]\\w*\\.)*)([A-Z]\\w*[a-z]\\w*)(?:\\.(\\w+))?`");

  private static final Pattern METRIC = Pattern.compile("`(llamamesh_\\w+)`");
  private static final Pattern DECLARED =
      Pattern.compile("\\b(?:class|record|enum|interface) ([A-Z]\\w*)");

  /** Others' types are imported, reasons of conditions and Events are literals. */
  private static final Pattern MENTIONED =
      Pattern.compile(
          "^import (?:static )?[\\w.]*?\\.([A-Z]\\w*)|\"([A-Z]\\w*)\"", Pattern.MULTILINE);

  /** Sources by the types that they declare, nested ones too. */
  private static final Map<String, String> SOURCES = new HashMap<>();

  private static final Set<String> PATHS = new HashSet<>();
  private static final Set<String> OTHERS = new HashSet<>();

  @BeforeAll
  static void readSources() throws IOException {
    try (Stream<Path> files =
        Files.find(
            Chart.ROOT, 20, (path, attributes) -> attributes.isRegularFile() && isSource(path))) {
      for (Path file : files.toList()) {
        String source = Files.readString(file);
        PATHS.add(file.toString());
        Matcher declared = DECLARED.matcher(source);
        while (declared.find()) {
          SOURCES.merge(declared.group(1), source, String::concat);
        }
        Matcher mentioned = MENTIONED.matcher(source);
        while (mentioned.find()) {
          OTHERS.add(mentioned.group(1) == null ? mentioned.group(2) : mentioned.group(1));
        }
      }
    }
  }

  private static boolean isSource(Path path) {
    return path.toString().matches(".*/src/(?:main|test)/java/.*[.]java");
  }

  /** With how many names the page has at least, so that a change of its form cannot empty this. */
  @ParameterizedTest
  @CsvSource({"docs/architecture.md,60", "docs/glossary.md,100"})
  void typesAndReasonsExist(String page, int least) throws IOException {
    List<String> names =
        NAME.matcher(Files.readString(Chart.ROOT.resolve(page)))
            .results()
            .map(name -> name.group())
            .distinct()
            .toList();

    assertThat(names).hasSizeGreaterThan(least);
    assertThat(names)
        .filteredOn(name -> !exists(name))
        .as("what %s names and no source has", page)
        .isEmpty();
  }

  private static boolean exists(String quoted) {
    Matcher name = NAME.matcher(quoted);
    if (!name.matches()) {
      return false;
    }
    String type = name.group(2);
    String source = SOURCES.get(type);
    if (source == null) {
      return name.group(1).isEmpty() && OTHERS.contains(type);
    }
    String folder = name.group(1).replace('.', '/');
    String member = name.group(3);
    return (folder.isEmpty()
            || PATHS.stream().anyMatch(path -> path.endsWith("/" + folder + type + ".java")))
        && (member == null || Pattern.compile("\\b" + member + "\\b").matcher(source).find());
  }

  @ParameterizedTest
  @CsvSource({"docs/glossary.md,10"})
  void metricsAreThoseOfTheReference(String page, int least) throws IOException {
    StringBuilder reference = new StringBuilder();
    for (String part : List.of("agent", "fabric", "operator", "scraper")) {
      reference.append(
          Files.readString(Chart.ROOT.resolve("docs/reference/metrics-" + part + ".md")));
    }
    List<String> metrics =
        METRIC
            .matcher(Files.readString(Chart.ROOT.resolve(page)))
            .results()
            .map(metric -> metric.group())
            .distinct()
            .toList();

    assertThat(metrics).hasSizeGreaterThan(least);
    assertThat(metrics)
        .filteredOn(metric -> reference.indexOf(metric) < 0)
        .as("what %s names and docs/reference has not", page)
        .isEmpty();
  }

  @Test
  void noTermOfTheGlossaryIsTwice() throws IOException {
    List<String> terms =
        Pattern.compile("(?m)^\\*\\*([^*]+)\\.?\\*\\*")
            .matcher(Files.readString(Chart.ROOT.resolve("docs/glossary.md")))
            .results()
            .map(term -> term.group(1))
            .toList();

    assertThat(terms).hasSizeGreaterThan(40).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/architecture.md"})
  void everyModuleIsNamed(String page) throws IOException {
    List<String> modules =
        Pattern.compile("<module>([^<]+)</module>")
            .matcher(Files.readString(Chart.ROOT.resolve("pom.xml")))
            .results()
            .map(module -> "`" + module.group(1) + "/`")
            .toList();

    assertThat(modules).hasSizeGreaterThan(10);
    assertThat(Files.readString(Chart.ROOT.resolve(page))).contains(modules);
  }

  /** As a thread dump names them, but for what stands for a number or a name. */
  @Test
  void everyThreadThatIsNamedIsStarted() throws IOException {
    String page = Files.readString(Chart.ROOT.resolve("docs/architecture.md"));
    String threads =
        page.substring(
            page.indexOf("| program | thread | owns |"), page.indexOf("## Being a good"));
    List<String> names =
        Pattern.compile("(?m)^\\|[^|]*\\|([^|]*)\\|")
            .matcher(threads)
            .results()
            .flatMap(row -> Pattern.compile("`([^`]+)`").matcher(row.group(1)).results())
            .map(name -> name.group(1).replaceFirst("-(N|AGENT|TARGET)$", "-"))
            .toList();

    assertThat(names).hasSizeGreaterThan(20);
    String sources = String.join("\n", SOURCES.values());
    assertThat(names).filteredOn(name -> !sources.contains('"' + name + '"')).isEmpty();
  }
}
