/**
 * What a mesh says of itself: conditions, numbers, and the scraper's report that they are read
 * from; imports no JOSDK and nothing of {@code .reconcile}.
 */
@NullMarked
package io.llamamesh.operator.status;

import org.jspecify.annotations.NullMarked;
