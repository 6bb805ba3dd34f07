package io.llamamesh.kube;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * A stream of JSON in UTF-8, piece by piece, as the same JSON in ASCII.
 *
 * <p>fabric8's watch over plain HTTP decodes each piece by itself and takes the decoder's whole
 * array for the text: one letter beyond ASCII puts a NUL into the stream, which ends the watch for
 * good.
 */
final class AsciiJson {
  private static final int ASCII = 0x80;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** The beginning of a letter whose end is in the next piece. */
  private ByteBuffer rest = ByteBuffer.allocate(0);

  ByteBuffer next(ByteBuffer piece) {
    if (!rest.hasRemaining() && isAscii(piece)) {
      return piece;
    }
    ByteBuffer in = ByteBuffer.allocate(rest.remaining() + piece.remaining());
    in.put(rest).put(piece).flip();
    CharBuffer letters = CharBuffer.allocate(in.remaining());
    decoder.decode(in, letters, false);
    rest = ByteBuffer.allocate(in.remaining()).put(in).flip();
    letters.flip();
    StringBuilder ascii = new StringBuilder(letters.remaining());
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      if (letter < ASCII) {
        ascii.append(letter);
      } else {
        ascii.append("\\u").append(HEX.toHexDigits(letter));
      }
    }
    return ByteBuffer.wrap(ascii.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private static final java.util.HexFormat HEX = java.util.HexFormat.of();

  private static boolean isAscii(ByteBuffer piece) {
    for (int i = piece.position(); i < piece.limit(); i++) {
      if (piece.get(i) < 0) {
        return false;
      }
    }
    return true;
  }
}
