package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pages for people keep the form that makes their changes readable. */
class ProseTest {
  private static final int WIDTH = 100;

  @Test
  void linesOfProseAreUpTo100Characters() throws IOException {
    List<String> longer = new ArrayList<>();
    for (Path page : pages()) {
      boolean code = false;
      int number = 0;
      for (String line : Files.readAllLines(page)) {
        number++;
        if (line.strip().startsWith("```")) {
          code = !code;
        } else if (!code && line.codePointCount(0, line.length()) > WIDTH && canBreak(line)) {
          longer.add(Chart.ROOT.relativize(page) + ":" + number + ": " + line);
        }
      }
      assertThat(code).as("%s: a block of code does not end", page).isFalse();
    }

    assertThat(longer).isEmpty();
  }

  /**
   * Tables, headings and comments have no shorter form; neither has a word, nor a link's target.
   */
  private static boolean canBreak(String line) {
    return !line.startsWith("|")
        && !line.startsWith("#")
        && !line.startsWith("<!--")
        && line.strip().replaceFirst("^([-*>]|\\d+\\.) ", "").lastIndexOf(' ', WIDTH - 4) > 0;
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> files = Files.list(Chart.ROOT)) {
      pages.addAll(files.filter(ProseTest::isPage).toList());
    }
    for (String folder : List.of("docs", "examples")) {
      try (Stream<Path> files = Files.walk(Chart.ROOT.resolve(folder))) {
        files
            .filter(ProseTest::isPage)
            // Made by the build.
            .filter(file -> !file.startsWith(Chart.ROOT.resolve("docs/reference")))
            .forEach(pages::add);
      }
    }
    assertThat(pages).hasSizeGreaterThan(70);
    return pages;
  }

  private static boolean isPage(Path file) {
    return file.toString().endsWith(".md") && !file.toString().contains("/target/");
  }
}
