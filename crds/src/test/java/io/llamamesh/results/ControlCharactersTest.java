package io.llamamesh.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlCharactersTest {

  @ParameterizedTest
  @ValueSource(
      ints = {
        0, '\n', '\r', '\t', 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x200b, 0x202e, 0x2028, 0x2029, 0x2066,
        0xd800, 0xfeff, 0xe0001
      })
  void whatActsInsteadOfBeingShownIsReplaced(int point) {
    String acting = new StringBuilder("a").appendCodePoint(point).append('b').toString();

    assertThat(ControlCharacters.replaced(acting)).isEqualTo("a\uFFFDb");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "node-1", "größe", "東京", "\ud83d\ude80", "a b"})
  void whatIsShownStays(String text) {
    assertThat(ControlCharacters.replaced(text)).isSameAs(text);
  }

  @Test
  void noTextHasMoreThanOneLineBehindIt() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      StringBuilder text = new StringBuilder();
      random.ints(20, 0, 0x3000).forEach(text::appendCodePoint);

      String replaced = ControlCharacters.replaced(text.toString());

      assertThat(replaced.lines()).hasSizeLessThanOrEqualTo(1);
      assertThat(replaced.codePoints()).noneMatch(Character::isISOControl);
    }
  }

  @Test
  void namesInPointsAreCleanOnceTheyAreRead() throws IOException {
    String json =
        """
        [{"measurement":"raw_stats","time":"2026-11-20T09:40:10Z",
          "tags":{"src_name":"n1\\nERROR forged","a\\u001bb":"c\\u009bd"},"fields":{"se\\nnt":1.0}}]
        """;
    PointReader reader = new PointReader();

    for (int again = 0; again < 2; again++) {
      Point point = reader.read(json.getBytes(StandardCharsets.UTF_8)).getFirst();
      assertThat(point.tags())
          .isEqualTo(Map.of("src_name", "n1\uFFFDERROR forged", "a\uFFFDb", "c\uFFFDd"));
      assertThat(point.fields()).isEqualTo(Map.of("se\uFFFDnt", 1.0));
    }
  }

  @Test
  void aReportThatSomebodyElseWroteIsCleanOnceItIsRead() throws IOException {
    String json =
        """
        {"mesh":"m","time":"2026-11-20T09:40:10Z","verdict":"Healthy","message":"all\\u001b[2J\\nwell",
         "totals":{"agents":1},"worstPairs":[],"silent":[],
         "suspects":[{"kind":"Node","name":"n1\\u202e","explains":1,"of":1}],
         "store":{"state":"Pending","pointsWritten":0}}
        """;

    MeshReport report = ResultsJson.mapperOfOthers().readValue(json, MeshReport.class);

    assertThat(report.message()).isEqualTo("all\uFFFD[2J\uFFFDwell");
    assertThat(report.suspects().getFirst().name()).isEqualTo("n1\uFFFD");
  }
}
