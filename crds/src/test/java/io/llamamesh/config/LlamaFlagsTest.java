package io.llamamesh.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlamaFlagsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          collector --llama.config=f               | collector -llama.config=f
          collector --llama.config f               | collector -llama.config f
          collector -llama.config f                | collector -llama.config f
          collector --udprobe.dst-port=1           | collector -llama.dst-port=1
          collector -udprobe.config f              | collector -llama.config f
          reflector -help                          | reflector --help
          reflector -port 1 --port 2 -max-pps=3    | reflector -port 1 --port 2 -max-pps=3
          scraper -- --llama.config                | scraper -- --llama.config
          scraper --collectors=--llama.x           | scraper --collectors=--llama.x
          """)
  void oneDashOrTwoIsTheSame(String given, String declared) {
    assertThat(LlamaFlags.normalized(given.split(" "))).containsExactly(declared.split(" "));
  }
}
