package io.llamamesh.registry.directory;

/** Text with numbers in it in the order that people expect: {@code 10.0.0.9} before {@code .10}. */
final class NaturalOrder {
  private NaturalOrder() {}

  static int compare(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      int endA = endOfDigits(a, i);
      int endB = endOfDigits(b, j);
      int order;
      if (endA > i && endB > j) {
        String x = withoutZeros(a.substring(i, endA));
        String y = withoutZeros(b.substring(j, endB));
        order = x.length() == y.length() ? x.compareTo(y) : Integer.compare(x.length(), y.length());
        i = endA;
        j = endB;
      } else {
        order = Character.compare(a.charAt(i), b.charAt(j));
        i++;
        j++;
      }
      if (order != 0) {
        return order;
      }
    }
    int rest = Integer.compare(a.length() - i, b.length() - j);
    return rest != 0 ? rest : a.compareTo(b);
  }

  private static int endOfDigits(String text, int from) {
    int end = from;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end;
  }

  private static String withoutZeros(String digits) {
    int from = 0;
    while (from < digits.length() - 1 && digits.charAt(from) == '0') {
      from++;
    }
    return digits.substring(from);
  }
}
