package io.llamamesh.agent.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Datagrams that were recorded from real programs: {@code foreign-datagrams.txt}. */
public final class ForeignDatagrams {

  private static final Map<String, byte[]> ALL = read();

  private ForeignDatagrams() {}

  /** A datagram by its name; a copy. */
  public static byte[] named(String name) {
    return Objects.requireNonNull(ALL.get(name), name).clone();
  }

  private static Map<String, byte[]> read() {
    try (InputStream in = ForeignDatagrams.class.getResourceAsStream("/foreign-datagrams.txt")) {
      String text =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
      Map<String, String> hex = new LinkedHashMap<>();
      String name = "";
      for (String line : text.lines().toList()) {
        if (line.endsWith(":")) {
          name = line.substring(0, line.length() - 1);
        } else if (!line.startsWith("#")) {
          hex.merge(name, expanded(line), String::concat);
        }
      }
      Map<String, byte[]> datagrams = new LinkedHashMap<>();
      hex.forEach((key, value) -> datagrams.put(key, HexFormat.of().parseHex(value)));
      return datagrams;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String expanded(String line) {
    StringBuilder hex = new StringBuilder();
    for (String word : line.strip().split("\\s+", -1)) {
      hex.append(word.startsWith("00*") ? "00".repeat(Integer.parseInt(word.substring(3))) : word);
    }
    return hex.toString();
  }
}
