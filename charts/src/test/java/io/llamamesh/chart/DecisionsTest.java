package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Decisions have the template's parts, a number of their own, and their line in the index. */
class DecisionsTest {
  private static final Path FOLDER = Chart.ROOT.resolve("docs/adr");
  private static final Pattern FILE = Pattern.compile("(\\d{4})-[a-z0-9-]+\\.md");
  private static final Pattern STATUS =
      Pattern.compile(
          "\\A# (\\d+)\\. [^\\n]+\\n\\n(\\*\\*Status\\.\\*\\* .*?)\\n\\n", Pattern.DOTALL);
  private static final Pattern PART = Pattern.compile("(?m)^(?:\\*\\*|## )(\\w+)\\b");

  /** A word of a status, and the decisions that it is about. */
  private static final Pattern RELATION =
      Pattern.compile(
          "(?i)\\b(Amends|Amended by|Supersedes|(?:in part )?superseded by)((?:(?:,| and)? \\[\\d+]\\([^)]*\\))+)");

  private static final Pattern NUMBER = Pattern.compile("\\[(\\d+)]\\((\\d{4})-");

  /** Texts by number. */
  private static final Map<Integer, String> DECISIONS = new TreeMap<>();

  private static final List<String> NAMES = new ArrayList<>();

  @BeforeAll
  static void read() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        Matcher decision = FILE.matcher(name);
        if (decision.matches()) {
          int number = Integer.parseInt(decision.group(1));
          NAMES.add(name);
          assertThat(DECISIONS.put(number, Files.readString(file))).as("%s", number).isNull();
        } else {
          assertThat(name).isIn("README.md", "template.md");
        }
      }
    }
    assertThat(DECISIONS).hasSizeGreaterThan(50);
  }

  @Test
  void eachHasTheTemplatesParts() {
    DECISIONS.forEach((number, text) -> {
      Matcher status = STATUS.matcher(text);
      assertThat(status.find()).as("title and status of %s", number).isTrue();
      assertThat(status.group(1)).isEqualTo(number.toString());
      assertThat(line(status))
          .as("status of %s", number)
          .containsPattern("\\*\\*Status\\.\\*\\* Accepted, \\d{4}-\\d\\d-\\d\\d[.;]");
      assertThat(PART.matcher(text).results().map(part -> part.group(1)))
          .as("parts of %s", number)
          .containsSubsequence("Status", "Context", "Decision", "Consequences");
    });
  }

  @Test
  void whatIsAmendedAndWhatAmendsNameEachOther() {
    Set<String> actively = new TreeSet<>();
    Set<String> passively = new TreeSet<>();
    DECISIONS.forEach((number, text) -> {
      for (MatchResult relation : relations(text)) {
        for (MatchResult other : NUMBER.matcher(relation.group(2)).results().toList()) {
          assertThat(Integer.parseInt(other.group(2))).isEqualTo(Integer.parseInt(other.group(1)));
          String verb = relation.group(1).substring(0, 2).toLowerCase(Locale.ROOT);
          if (relation.group(1).endsWith("by")) {
            verb = relation.group(1).contains("mended") ? "am" : "su";
            passively.add(other.group(1) + " " + verb + " " + number);
          } else {
            actively.add(number + " " + verb + " " + other.group(1));
          }
        }
      }
    });

    assertThat(passively).hasSizeGreaterThan(10).isEqualTo(actively);
  }

  @Test
  void theIndexHasALineForEachAndSaysWhatToReadBeside() throws IOException {
    String index = Files.readString(FOLDER.resolve("README.md"));
    Pattern row = Pattern.compile("(?m)^\\| \\[(\\d+)]\\(([^)]+)\\) \\|.*\\| ?([^|]*) ?\\|$");
    List<MatchResult> rows = row.matcher(index).results().toList();

    assertThat(rows.stream().map(line -> line.group(2))).containsExactlyInAnyOrderElementsOf(NAMES);
    for (MatchResult line : rows) {
      int number = Integer.parseInt(line.group(1));
      assertThat(line.group(2)).startsWith("%04d-".formatted(number));
      Set<String> by = new TreeSet<>();
      for (MatchResult relation : relations(DECISIONS.getOrDefault(number, ""))) {
        if (relation.group(1).endsWith("by")) {
          NUMBER.matcher(relation.group(2)).results().forEach(other -> by.add(other.group(1)));
        }
      }
      assertThat(Pattern.compile("\\d+").matcher(line.group(3)).results().map(MatchResult::group))
          .as("last column of %s", number)
          .containsExactlyInAnyOrderElementsOf(by);
    }
  }

  private static List<MatchResult> relations(String text) {
    Matcher status = STATUS.matcher(text);
    assertThat(status.find()).isTrue();
    return RELATION.matcher(line(status)).results().toList();
  }

  private static String line(Matcher status) {
    return status.group(2).replaceAll("\\s+", " ");
  }
}
