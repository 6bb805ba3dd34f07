package io.llamamesh.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/** The text of a config file: UTF-8, and no more of it than a config can have. */
public final class ConfigText {
  private ConfigText() {}

  /**
   * Reads it all, whatever the stream leads to.
   *
   * @throws InvalidConfigException when it is too long or no UTF-8; the message is one line that
   *     says what to do
   */
  public static String read(InputStream in) throws IOException, InvalidConfigException {
    byte[] bytes = in.readNBytes(CollectorConfigYaml.MAX_CHARACTERS + 1);
    if (bytes.length > CollectorConfigYaml.MAX_CHARACTERS) {
      throw CollectorConfigYaml.tooLong();
    }
    ByteBuffer source = ByteBuffer.wrap(bytes);
    CharBuffer text = CharBuffer.allocate(bytes.length);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    if (decoder.decode(source, text, true).isError()) {
      throw new InvalidConfigException(
          "the document is not UTF-8 text; save it as UTF-8 (line "
              + line(bytes, source.position())
              + ")");
    }
    return text.flip().toString();
  }

  private static int line(byte[] bytes, int at) {
    int line = 1;
    for (int i = 0; i < at; i++) {
      line += bytes[i] == '\n' ? 1 : 0;
    }
    return line;
  }
}
