/** Doubles of a store behind InfluxDB's write API, for the tests of every module. */
@NullMarked
package io.llamamesh.testkit.store;

import org.jspecify.annotations.NullMarked;
