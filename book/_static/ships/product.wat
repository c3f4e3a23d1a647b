;; The product of two matrices of float32, four numbers at a time (WebAssembly with SIMD). It is that of plane/product.wat, with
;; float32 for float64: a block has 4 rows and 8 columns, and neighbours in a row are 4 bytes apart. tools/kernel.py makes
;; product.js of this file.
(module
  (memory (export "memory") 1024) ;; pages of 64 kB: 64 MB, of which only what is used is taken

  (func (export "product")
    (param $a i32) (param $ai i32) (param $at i32) (param $b i32) (param $bt i32) (param $y i32)
    (param $n i32) (param $inner i32) (param $m i32)

    ;; The 32 sums of a block stay in 8 registers, four in each: $s00 has the first four columns of the first row, $s01 the
    ;; other four.
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $s20 v128) (local $s21 v128) (local $s30 v128) (local $s31 v128)
    (local $b0 v128) (local $b1 v128) (local $one v128) ;; eight numbers of b, and one of a, four times
    (local $i i32) (local $j i32) (local $t i32)
    (local $i1 i32) (local $i2 i32) (local $i3 i32) ;; the other rows of the block
    (local $p i32) (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32) (local $q i32)
    (local $width i32) ;; of a row of y, in bytes

    (local.set $width (i32.mul (local.get $m) (i32.const 4)))
    (loop $rows
      ;; Where the rows end within a block, the last one is computed again: the same number at the same place.
      (local.set $i1 (call $least (i32.add (local.get $i) (i32.const 1)) (i32.sub (local.get $n) (i32.const 1))))
      (local.set $i2 (call $least (i32.add (local.get $i) (i32.const 2)) (i32.sub (local.get $n) (i32.const 1))))
      (local.set $i3 (call $least (i32.add (local.get $i) (i32.const 3)) (i32.sub (local.get $n) (i32.const 1))))
      (local.set $j (i32.const 0))
      (loop $columns
        ;; And where the columns end, the block moves back.
        (local.set $j (call $least (local.get $j) (i32.sub (local.get $m) (i32.const 8))))

        (local.set $p0 (i32.add (local.get $a) (i32.mul (local.get $i) (local.get $ai))))
        (local.set $p1 (i32.add (local.get $a) (i32.mul (local.get $i1) (local.get $ai))))
        (local.set $p2 (i32.add (local.get $a) (i32.mul (local.get $i2) (local.get $ai))))
        (local.set $p3 (i32.add (local.get $a) (i32.mul (local.get $i3) (local.get $ai))))
        (local.set $q (i32.add (local.get $b) (i32.mul (local.get $j) (i32.const 4))))
        (local.set $s00 (v128.const f32x4 0 0 0 0))
        (local.set $s01 (v128.const f32x4 0 0 0 0))
        (local.set $s10 (v128.const f32x4 0 0 0 0))
        (local.set $s11 (v128.const f32x4 0 0 0 0))
        (local.set $s20 (v128.const f32x4 0 0 0 0))
        (local.set $s21 (v128.const f32x4 0 0 0 0))
        (local.set $s30 (v128.const f32x4 0 0 0 0))
        (local.set $s31 (v128.const f32x4 0 0 0 0))

        (local.set $t (local.get $inner))
        (loop $terms
          (local.set $b0 (v128.load (local.get $q)))
          (local.set $b1 (v128.load offset=16 (local.get $q)))

          (local.set $one (v128.load32_splat (local.get $p0)))
          (local.set $s00 (f32x4.add (local.get $s00) (f32x4.mul (local.get $one) (local.get $b0))))
          (local.set $s01 (f32x4.add (local.get $s01) (f32x4.mul (local.get $one) (local.get $b1))))
          (local.set $one (v128.load32_splat (local.get $p1)))
          (local.set $s10 (f32x4.add (local.get $s10) (f32x4.mul (local.get $one) (local.get $b0))))
          (local.set $s11 (f32x4.add (local.get $s11) (f32x4.mul (local.get $one) (local.get $b1))))
          (local.set $one (v128.load32_splat (local.get $p2)))
          (local.set $s20 (f32x4.add (local.get $s20) (f32x4.mul (local.get $one) (local.get $b0))))
          (local.set $s21 (f32x4.add (local.get $s21) (f32x4.mul (local.get $one) (local.get $b1))))
          (local.set $one (v128.load32_splat (local.get $p3)))
          (local.set $s30 (f32x4.add (local.get $s30) (f32x4.mul (local.get $one) (local.get $b0))))
          (local.set $s31 (f32x4.add (local.get $s31) (f32x4.mul (local.get $one) (local.get $b1))))

          (local.set $p0 (i32.add (local.get $p0) (local.get $at)))
          (local.set $p1 (i32.add (local.get $p1) (local.get $at)))
          (local.set $p2 (i32.add (local.get $p2) (local.get $at)))
          (local.set $p3 (i32.add (local.get $p3) (local.get $at)))
          (local.set $q (i32.add (local.get $q) (local.get $bt)))
          (br_if $terms (local.tee $t (i32.sub (local.get $t) (i32.const 1)))))

        (local.set $p (i32.add (local.get $y) (i32.mul (local.get $j) (i32.const 4))))
        (local.set $p0 (i32.add (local.get $p) (i32.mul (local.get $i) (local.get $width))))
        (local.set $p1 (i32.add (local.get $p) (i32.mul (local.get $i1) (local.get $width))))
        (local.set $p2 (i32.add (local.get $p) (i32.mul (local.get $i2) (local.get $width))))
        (local.set $p3 (i32.add (local.get $p) (i32.mul (local.get $i3) (local.get $width))))
        (v128.store (local.get $p0) (local.get $s00))
        (v128.store offset=16 (local.get $p0) (local.get $s01))
        (v128.store (local.get $p1) (local.get $s10))
        (v128.store offset=16 (local.get $p1) (local.get $s11))
        (v128.store (local.get $p2) (local.get $s20))
        (v128.store offset=16 (local.get $p2) (local.get $s21))
        (v128.store (local.get $p3) (local.get $s30))
        (v128.store offset=16 (local.get $p3) (local.get $s31))

        (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 8))) (local.get $m))))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n)))))

  (func $least (param $one i32) (param $other i32) (result i32)
    (select (local.get $one) (local.get $other) (i32.lt_u (local.get $one) (local.get $other)))))
