package io.llamamesh.results;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads lists of points token by token: what {@link ResultsJson#mapper} reads, too, at a fraction
 * of its time and garbage, and those of LLAMA's Python collector, whose times are numbers. A field
 * that is null is absent, a time that is null is {@link Instant#MIN}. Thread-safe; words that come
 * again are kept once.
 */
public final class PointReader {
  /** Most tags of a point; a collector's config lets 64 be given, and ours come beside them. */
  public static final int MAX_TAGS = 96;

  /** Most fields of a point; we know of 27. */
  public static final int MAX_FIELDS = 64;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(ResultsJson.CONSTRAINTS)
          .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
          // Names that others make up would fill the JVM's own table of strings.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private final StringInterner words = new StringInterner();

  /**
   * The points of a list.
   *
   * @throws IOException where it is no such list; of a list with a point that cannot be read, or
   *     has more tags or fields than a point may, nothing is read
   */
  public List<Point> read(byte[] json) throws IOException {
    return read(json, Integer.MAX_VALUE);
  }

  /**
   * The points of a list that has at most so many.
   *
   * @throws IOException where it has more, or is no such list
   */
  public List<Point> read(byte[] json, int most) throws IOException {
    try (JsonParser parser = FACTORY.createParser(json)) {
      List<Point> points = new ArrayList<>();
      if (parser.nextToken() == JsonToken.VALUE_NULL) {
        return points;
      }
      Reading reading = new Reading(parser, words);
      reading.expect(JsonToken.START_ARRAY);
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (points.size() == most) {
          throw new IOException("more than " + most + " points");
        }
        points.add(reading.point());
      }
      return points;
    } catch (IllegalArgumentException | NullPointerException | DateTimeException e) {
      throw new IOException("not a point: " + e.getMessage(), e);
    }
  }

  /**
   * One point alone.
   *
   * @throws IOException where these bytes are none, or more than one, or it has more tags or fields
   *     than a point may
   */
  public Point readOne(byte[] json, int offset, int length) throws IOException {
    try (JsonParser parser = FACTORY.createParser(json, offset, length)) {
      parser.nextToken();
      Point point = new Reading(parser, words).point();
      if (parser.nextToken() != null) {
        throw new IOException("not a point: more follows it");
      }
      return point;
    } catch (IllegalArgumentException | NullPointerException | DateTimeException e) {
      throw new IOException("not a point: " + e.getMessage(), e);
    }
  }

  /** One list while it is read: its points share the arrays of their names. */
  private static final class Reading {
    private static final String[] NONE = new String[0];

    private final JsonParser parser;
    private final StringInterner words;
    private final ArrayList<String> names = new ArrayList<>();
    private final ArrayList<String> texts = new ArrayList<>();
    private double[] numbers = new double[32];
    private final List<String[]> shapes = new ArrayList<>();
    private String lastTimeText = "";
    private Instant lastTime = Instant.EPOCH;

    Reading(JsonParser parser, StringInterner words) {
      this.parser = parser;
      this.words = words;
    }

    void expect(JsonToken token) throws IOException {
      if (parser.currentToken() != token) {
        throw MismatchedInputException.from(
            parser, Point.class, "expected " + token + ", was " + parser.currentToken());
      }
    }

    Point point() throws IOException {
      expect(JsonToken.START_OBJECT);
      @Nullable String measurement = null;
      @Nullable Instant time = null;
      @Nullable PointTags tags = null;
      @Nullable PointFields fields = null;
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "measurement" -> measurement = text();
          case "time" -> time = time();
          case "tags" -> tags = tags();
          case "fields" -> fields = fields();
          // A newer agent may say more than we know.
          default -> parser.skipChildren();
        }
      }
      if (measurement == null || time == null || tags == null || fields == null) {
        throw MismatchedInputException.from(parser, Point.class, "a part of a point is missing");
      }
      return new Point(measurement, time, tags, fields);
    }

    private String text() throws IOException {
      expect(JsonToken.VALUE_STRING);
      return words.intern(
          parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
    }

    /** A time in words, or as LLAMA's Python collector writes it: nanoseconds, or null for none. */
    private Instant time() throws IOException {
      if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
        return Instant.ofEpochSecond(0, parser.getLongValue());
      }
      if (parser.currentToken() == JsonToken.VALUE_NULL) {
        return Instant.MIN;
      }
      String text = text();
      if (!text.equals(lastTimeText)) {
        lastTime = Instant.parse(text);
        lastTimeText = text;
      }
      return lastTime;
    }

    private PointTags tags() throws IOException {
      expect(JsonToken.START_OBJECT);
      names.clear();
      texts.clear();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        // While it is read: a page of one point's names takes thirty times as much as its text.
        limit("tags", MAX_TAGS);
        names.add(parser.currentName());
        parser.nextToken();
        texts.add(text());
      }
      String[] shape = shape();
      if (PointTags.areSorted(shape)) {
        return PointTags.sorted(shape, texts.toArray(NONE));
      }
      TreeMap<String, String> sorted = new TreeMap<>();
      for (int i = 0; i < shape.length; i++) {
        sorted.put(shape[i], texts.get(i));
      }
      return PointTags.of(sorted);
    }

    private PointFields fields() throws IOException {
      expect(JsonToken.START_OBJECT);
      names.clear();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        limit("fields", MAX_FIELDS);
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (value == JsonToken.VALUE_NULL) {
          continue;
        }
        if (!value.isNumeric()) {
          throw MismatchedInputException.from(parser, Double.class, "field " + name);
        }
        if (names.size() == numbers.length) {
          numbers = Arrays.copyOf(numbers, 2 * numbers.length);
        }
        numbers[names.size()] = parser.getDoubleValue();
        names.add(name);
      }
      return PointFields.of(shape(), Arrays.copyOf(numbers, names.size()));
    }

    private void limit(String what, int most) throws IOException {
      if (names.size() == most) {
        throw MismatchedInputException.from(
            parser, Point.class, "a point has more than " + most + " " + what);
      }
    }

    /** The names just read, as an array that points of the same kind share. */
    private String[] shape() {
      for (String[] known : shapes) {
        if (same(known)) {
          return known;
        }
      }
      // Names of tags and fields become columns of a store.
      names.replaceAll(ControlCharacters::replaced);
      String[] shape = names.toArray(NONE);
      if (Arrays.stream(shape).distinct().count() != shape.length) {
        throw new IllegalArgumentException("a name is there twice");
      }
      if (shapes.size() < 16) {
        shapes.add(shape);
      }
      return shape;
    }

    private boolean same(String[] known) {
      if (known.length != names.size()) {
        return false;
      }
      for (int i = 0; i < known.length; i++) {
        if (!known[i].equals(names.get(i))) {
          return false;
        }
      }
      return true;
    }
  }
}
