package io.llamamesh.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AsciiJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void howeverAStreamIsCutItsTextIsTheSameInAscii() throws IOException {
    Map<String, String> wanted = Map.of("grün", "µs – 网格 😀 \\ \" é", "plain", "x");
    byte[] bytes = JSON.writeValueAsBytes(wanted);
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      AsciiJson json = new AsciiJson();
      StringBuilder text = new StringBuilder();
      for (int from = 0; from < bytes.length; ) {
        int to = Math.min(bytes.length, from + 1 + random.nextInt(9));
        text.append(
            StandardCharsets.US_ASCII.decode(json.next(ByteBuffer.wrap(bytes, from, to - from))));
        from = to;
      }

      assertThat(text.toString()).matches("\\p{ASCII}*");
      assertThat(JSON.readTree(text.toString())).isEqualTo(JSON.readTree(bytes));
    }
  }
}
