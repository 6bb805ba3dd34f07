package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class MatrixCommandTest {
  @Test
  void withoutAScraperUntilCompleteEndsWithExitCodeOne() {
    assertThat(
            ScraperMain.run(
                Map.of(), "matrix", "--server=http://127.0.0.1:1", "--until-complete=0s"))
        .isEqualTo(1);
  }
}
