package io.llamamesh.scraper.store;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Table of a store's answers and of their meaning for the written lines; the first matching row
 * counts.
 *
 * <p>Pure. The guide shows the same table; {@link BatchSplitter} acts on it.
 */
final class AnswerTable {
  private static final int OK = 200;
  private static final int NO_CONTENT = 204;
  private static final int BAD_REQUEST = 400;
  private static final int TOO_LARGE = 413;
  private static final int UNPROCESSABLE = 422;
  private static final int UNAVAILABLE = 503;

  /** InfluxDB's count of points that it left out of a write. */
  private static final Pattern DROPPED =
      Pattern.compile("partial write\\b.{0,4000}\\bdropped=([0-9]{1,7})", Pattern.DOTALL);

  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,4}");

  private AnswerTable() {}

  /** Meaning of an answer for the lines. */
  enum Meaning {
    ACCEPTED("Reachable", "nothing", "nothing", "1"),
    DROPPED("Reachable, PointsRejected", "nothing", "as many lines as the store says", "1"),
    TOO_LARGE(
        "Reachable",
        "nothing",
        "a line that is too large alone, where the store takes others",
        "few: halved, and the largest size that passed is kept"),
    REJECTED(
        "Reachable, PointsRejected (WritesFailing while windows are kept); Unreachable where it takes no"
            + " line",
        "everything where it takes no line; an agent's windows, for five minutes, where it takes none"
            + " of the batch",
        "lines refused alone, twice, where the store takes another in between and others of the"
            + " batch",
        "2 (8 where it never took a line) where it takes no line; else halved until the lines are"
            + " found, 500 refusals at most"),
    FAILED(
        "Reachable, WritesFailing; Unreachable where it takes no line",
        "the agent's windows that fail, everything where it takes no line",
        "lines that fail alone for five minutes while the store takes others",
        "2 where it takes no line; else halved, 64 failures at most"),
    REDIRECTED("Unreachable", "everything", "nothing", "1: it is not followed"),
    UNAVAILABLE("Unreachable", "everything", "nothing", "1");

    private final String state;
    private final String kept;
    private final String givenUp;
    private final String requests;

    Meaning(String state, String kept, String givenUp, String requests) {
      this.state = state;
      this.kept = kept;
      this.givenUp = givenUp;
      this.requests = requests;
    }

    /** Reported state of the store, with its message unless it is plainly reachable. */
    String state() {
      return state;
    }

    /** Windows that agents keep, to be written later. */
    String kept() {
      return kept;
    }

    /** Lines that are given up, counted, and reported with the store's message. */
    String givenUp() {
      return givenUp;
    }

    /** Number of requests. */
    String requests() {
      return requests;
    }
  }

  /**
   * Row of the table: answers of one meaning.
   *
   * @param answer description of the answers, for people
   */
  record Row(String answer, Meaning meaning, Predicate<StoreAnswer> fits) {}

  /** Rows from the particular to the general; the last matches every answer. */
  static final List<Row> ROWS =
      List.of(
          new Row(
              "`204`, or `200` without a body", Meaning.ACCEPTED, AnswerTable::isAcknowledgement),
          new Row(
              "`partial write … dropped=N` with any status; InfluxDB 3's list of lines",
              Meaning.DROPPED,
              answer -> dropped(answer) > 0),
          new Row("`413`", Meaning.TOO_LARGE, answer -> answer.status() == TOO_LARGE),
          new Row(
              "`400`, `422`, `partial write … dropped=0`",
              Meaning.REJECTED,
              AnswerTable::isRefusal),
          new Row(
              "`5xx` but `503`; a connection that breaks twice before an answer",
              Meaning.FAILED,
              answer -> answer.status() / 100 == 5 && answer.status() != UNAVAILABLE),
          new Row("`3xx`", Meaning.REDIRECTED, answer -> answer.status() / 100 == 3),
          new Row(
              "everything else: `401`, `403`, `404`, `429`, `503`, another `2xx`, a page or any"
                  + " other body in place of an acknowledgement; no connection, no answer in time",
              Meaning.UNAVAILABLE,
              answer -> true));

  /** The meaning of an answer to a write. */
  static Meaning meaning(StoreAnswer answer) {
    for (Row row : ROWS) {
      if (row.fits().test(answer)) {
        return row.meaning();
      }
    }
    return Meaning.UNAVAILABLE;
  }

  /**
   * The failure of a write; null if it was acknowledged.
   *
   * @param redactor hides credentials
   */
  static @Nullable WriteFailure failure(StoreAnswer answer, Redactor redactor) {
    String text = AnswerText.of(answer);
    String message = "HTTP " + answer.status() + ": " + redactor.redact(text);
    return switch (meaning(answer)) {
      case ACCEPTED -> null;
      case DROPPED -> new WriteFailure.Dropped(message, dropped(answer));
      case TOO_LARGE -> new WriteFailure.TooLarge(message);
      case REJECTED -> new WriteFailure.Rejected(message);
      case FAILED -> new WriteFailure.Failed(message);
      case REDIRECTED ->
          new WriteFailure.Unavailable(
              "HTTP %d: redirects to %s, which is not followed"
                  .formatted(
                      answer.status(),
                      answer.location().isEmpty()
                          ? "an address that it does not name"
                          : redactor.redact(answer.location())),
              Duration.ZERO);
      case UNAVAILABLE ->
          new WriteFailure.Unavailable(
              answer.status() / 100 == 2
                  ? "HTTP %d does not acknowledge a write: %s"
                      .formatted(answer.status(), redactor.redact(text))
                  : message,
              retryAfter(answer));
    };
  }

  private static boolean isAcknowledgement(StoreAnswer answer) {
    return answer.status() == NO_CONTENT || (answer.status() == OK && answer.isEmpty());
  }

  private static boolean isRefusal(StoreAnswer answer) {
    return answer.status() == BAD_REQUEST
        || answer.status() == UNPROCESSABLE
        || DROPPED.matcher(answer.body()).find();
  }

  /** Number of lines that an answer says were dropped while the others were accepted. */
  private static int dropped(StoreAnswer answer) {
    Matcher count = DROPPED.matcher(answer.body());
    return count.find() ? Integer.parseInt(count.group(1)) : AnswerText.listedLines(answer);
  }

  private static Duration retryAfter(StoreAnswer answer) {
    return SECONDS.matcher(answer.retryAfter()).matches()
        ? Duration.ofSeconds(Long.parseLong(answer.retryAfter()))
        : Duration.ZERO;
  }
}
