#!/usr/bin/env python3
"""Draws the simulator's scenes and encodes each as looped streams and JPEG pictures.

    python3 generate.py [SCENE ...]     writes assets/SCENE.h264, SCENE-sub.h264, SCENE.h265 and SCENE.tiles (all scenes by default,
                                        and sound.aac)
    python3 generate.py --preview DIR   writes one PNG a scene, to look at

Needs Pillow, jpegtran, and ffmpeg with x264 and x265 (Debian: python3-pil libjpeg-turbo-progs ffmpeg). The committed assets are its output, so that neither is
needed to run the simulator. 10 s at 15 frames/s; an IDR each second, with its parameter sets; no B-frames; a JPEG each
second, of the same frame as the IDR, in tiles (tiled-jpegs.ts says how they are stored). Each frame carries its number as text and as a barcode of eight bits,
the highest first.
"""
import io
import math
import os
import random
import re
import struct
import subprocess
import sys

from PIL import Image, ImageDraw, ImageFont

W, H, FPS, FRAMES = 1280, 720, 15, 150
S = 2  # the background is drawn this much larger and scaled down, for smooth edges
HERE = os.path.dirname(os.path.abspath(__file__))
FONT = '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf'


def mix(a, b, t):
    return tuple(round(x + (y - x) * t) for x, y in zip(a, b))


def hexa(s):
    return tuple(int(s[i:i + 2], 16) for i in (1, 3, 5))


class Pen:
    """Draws in the 1280x720 picture's own units onto a larger canvas."""

    def __init__(self, image, scale):
        self.d, self.k = ImageDraw.Draw(image, 'RGBA'), scale

    def _c(self, c):
        return hexa(c) if isinstance(c, str) else c

    def rect(self, x, y, w, h, c, r=0):
        k = self.k
        box = (x * k, y * k, (x + w) * k - 1, (y + h) * k - 1)
        self.d.rounded_rectangle(box, r * k, fill=self._c(c)) if r else self.d.rectangle(box, fill=self._c(c))

    def poly(self, pts, c):
        self.d.polygon([(x * self.k, y * self.k) for x, y in pts], fill=self._c(c))

    def oval(self, cx, cy, rx, ry, c):
        k = self.k
        self.d.ellipse(((cx - rx) * k, (cy - ry) * k, (cx + rx) * k, (cy + ry) * k), fill=self._c(c))

    def line(self, pts, c, w):
        self.d.line([(x * self.k, y * self.k) for x, y in pts], fill=self._c(c), width=round(w * self.k), joint='curve')

    def fade(self, x, y, w, h, top, bottom, bands=24):
        """A gradient in bands: flat areas cost an encoder next to nothing."""
        for i in range(bands):
            y0, y1 = y + h * i / bands, y + h * (i + 1) / bands
            self.rect(x, y0, w, y1 - y0 + 1, mix(hexa(top), hexa(bottom), i / (bands - 1)))

    def glow(self, cx, cy, r, c, strength=16, rings=7):
        for i in range(rings):
            k = r * (1 - i / rings)
            self.oval(cx, cy, k, k, hexa(c) + (strength,))


def sprite(w, h, draw):
    big = Image.new('RGBA', (w * 4, h * 4))
    draw(Pen(big, 4))
    return big.resize((w, h), Image.LANCZOS)


def tree(p, x, y, s, dark, light, trunk='#4b3a32'):
    p.rect(x - 7 * s, y - 60 * s, 14 * s, 64 * s, trunk)
    for dx, dy, r in ((-34, -84, 42), (32, -88, 44), (0, -124, 50)):
        p.oval(x + dx * s, y + dy * s, r * s, r * s, dark)
    for dx, dy, r in ((-40, -94, 26), (22, -102, 28), (-8, -136, 32)):
        p.oval(x + dx * s, y + dy * s, r * s, r * s, light)


def person(coat, trousers, step, parcel=None):
    def draw(p):
        a = math.sin(step) * 16
        p.line([(50, 118), (50 + a, 160), (48 + a * 1.5, 196)], trousers, 15)
        p.line([(50, 118), (50 - a, 160), (48 - a * 1.5, 196)], trousers, 15)
        p.rect(40 + a * 1.5, 190, 24, 10, '#20242c', 4)
        p.rect(40 - a * 1.5, 190, 24, 10, '#20242c', 4)
        p.rect(30, 52, 40, 78, coat, 15)
        p.line([(50, 66), (50 - a * .9, 96), (58 - a * .9, 118)], mix(hexa(coat), (0, 0, 0), .22), 13)
        p.oval(51, 32, 18, 20, '#e0ac85')
        p.poly([(32, 26), (34, 14), (52, 8), (68, 16), (78, 24)], mix(hexa(coat), (0, 0, 0), .35))
        if parcel:
            p.rect(62, 76, 44, 36, parcel, 3)
            p.rect(80, 76, 8, 36, '#e9d5a6')
    return sprite(112, 204, draw)


def car(body, glass, lights):
    def draw(p):
        p.oval(150, 118, 142, 9, (0, 0, 0, 60))
        p.poly([(62, 52), (96, 14), (196, 14), (240, 54)], body)
        p.rect(10, 48, 280, 52, body, 20)
        p.rect(10, 82, 280, 18, mix(hexa(body), (0, 0, 0), .25), 8)
        p.poly([(78, 50), (102, 22), (146, 22), (146, 50)], glass)
        p.poly([(156, 50), (156, 22), (192, 22), (222, 50)], glass)
        p.rect(160, 60, 22, 5, mix(hexa(body), (0, 0, 0), .4), 2)
        p.rect(272, 60, 18, 14, lights, 6)
        p.rect(10, 60, 12, 16, '#c8402f', 5)
        for cx in (74, 226):
            p.oval(cx, 100, 25, 25, '#1d2127')
            p.oval(cx, 100, 13, 13, '#aab2bb')
            p.oval(cx, 100, 5, 5, '#5b646e')
    return sprite(300, 130, draw)


def front_door():
    def back(p):
        p.fade(0, 0, W, 470, '#2b2350', '#ef8f6b')
        p.oval(980, 420, 62, 62, '#ffd9a0')
        p.poly([(0, 430), (180, 350), (380, 420), (560, 360), (800, 430), (1040, 350), (1280, 410), (1280, 520), (0, 520)], '#4a3a66')
        for x in range(760, 1300, 66):
            p.poly([(x - 34, 470), (x, 350 + x % 50), (x + 34, 470)], '#35305a')
        p.rect(0, 455, W, 265, '#33435a')
        p.rect(0, 455, W, 12, '#3d5069')
        p.poly([(300, 600), (470, 600), (820, 720), (240, 720)], '#7d8296')
        for t in (.25, .5, .75):
            y = 600 + 120 * t
            p.line([(300 - 60 * t, y), (470 + 350 * t, y)], '#6a6f84', 3)
        p.rect(0, 110, 640, 500, '#5c4a6b')
        for y in range(124, 610, 22):
            p.rect(0, y, 640, 2, '#534261')
        p.poly([(0, 60), (600, 60), (690, 124), (0, 124)], '#2b2440')
        p.rect(0, 120, 690, 10, '#3c3257')
        p.rect(296, 216, 178, 394, '#ead8c4', 4)
        p.rect(310, 230, 150, 380, '#1f6f78', 3)
        for y in (250, 428):
            for x in (324, 392):
                p.rect(x, y, 54, 150 if y < 300 else 158, '#195b63', 4)
        p.rect(324, 250, 122, 62, '#ffd68c', 4)
        p.rect(383, 250, 4, 62, '#195b63')
        p.oval(446, 424, 8, 8, '#f3c96b')
        p.rect(284, 606, 200, 18, '#8d879c')
        p.rect(264, 622, 240, 20, '#777188')
        p.rect(60, 230, 160, 180, '#ead8c4', 4)
        p.rect(72, 242, 136, 156, '#ffcf86')
        p.rect(72, 242, 136, 156, (255, 240, 190, 60))
        p.rect(136, 242, 7, 156, '#ead8c4')
        p.rect(72, 316, 136, 7, '#ead8c4')
        p.rect(72, 242, 26, 156, '#e89a6a')
        p.rect(182, 242, 26, 156, '#e89a6a')
        p.rect(58, 410, 164, 14, '#cbb8a5')
        p.glow(540, 268, 210, '#ffc56e', 13)
        p.rect(524, 236, 32, 8, '#20202e', 3)
        p.rect(529, 244, 22, 42, '#ffe9b0', 6)
        p.rect(526, 284, 28, 7, '#20202e', 3)
        p.rect(524, 236 - 22, 4, 30, '#20202e')
        for x in (246, 520):
            p.poly([(x - 28, 560), (x + 28, 560), (x + 20, 622), (x - 20, 622)], '#b2634d')
            p.oval(x, 524, 40, 44, '#2f6b50')
            p.oval(x - 12, 510, 20, 22, '#3f8662')
        p.poly([(640, 470), (1280, 470), (1280, 500), (640, 500)], '#2c3a50')
        for x in range(660, 1290, 36):
            p.poly([(x, 520), (x, 440), (x + 11, 428), (x + 22, 440), (x + 22, 520)], '#dfd5dc')
        p.rect(640, 456, 640, 8, '#c9becb')
        p.rect(640, 494, 640, 8, '#c9becb')
        p.rect(700, 560, 520, 3, '#3d5069')
    walk = [person('#e8743b', '#39445c', math.tau * i / 10, '#b98a5a') for i in range(10)]
    glint = [person('#3f8fd2', '#2d3344', math.tau * i / 10) for i in range(10)]

    def move(im, n):
        # One comes to the door and goes back; later another passes on the path behind.
        if n < 100:
            x = 1290 - 760 * min(n, 50) / 50 if n < 60 else 530 + 760 * (n - 60) / 40
            s = walk[n % 10] if n < 50 or n >= 60 else walk[0]
            s = s.resize((145, 265), Image.LANCZOS)
            if n < 60:
                s = s.transpose(Image.FLIP_LEFT_RIGHT)
            im.paste(s, (round(x), 410), s)
        else:
            s = glint[n % 10].resize((90, 164), Image.LANCZOS)
            im.paste(s, (round(650 + 640 * (n - 100) / 50), 400), s)
    return back, move


def driveway():
    def back(p):
        p.fade(0, 0, W, 400, '#6db9e8', '#dff1f6')
        p.oval(1120, 96, 46, 46, '#fff3b8')
        for x, y, s in ((210, 92, 1), (760, 66, .8)):
            for dx, dy, r in ((-50, 8, 26), (-16, -8, 36), (26, 0, 30), (58, 10, 22)):
                p.oval(x + dx * s, y + dy * s, r * s * 1.25, r * s, '#ffffff')
        p.poly([(0, 400), (0, 330), (260, 290), (540, 340), (800, 286), (1100, 330), (1280, 300), (1280, 420)], '#9ccb9a')
        p.rect(0, 396, W, 330, '#79b15f')
        for x, s in ((70, 1.15), (1190, 1.25), (1050, .85)):
            tree(p, x, 430, s, '#4c8a4b', '#62a258')
        p.rect(300, 196, 560, 250, '#f1e6d2')
        p.poly([(260, 204), (360, 92), (800, 92), (900, 204)], '#a8503f')
        p.rect(260, 198, 640, 14, '#8a3f32')
        p.rect(640, 60, 44, 74, '#b96a54')
        p.rect(340, 250, 270, 196, '#d9cdb8')
        p.rect(352, 262, 246, 184, '#ffffff')
        for y in range(262, 446, 46):
            p.rect(352, y, 246, 3, '#cfd6da')
        for x in range(362, 590, 59):
            p.rect(x, 270, 50, 28, '#9fc4d6', 3)
        p.rect(660, 254, 92, 192, '#41617c', 3)
        p.rect(674, 268, 64, 60, '#a9cfe0', 3)
        p.oval(740, 356, 5, 5, '#f0d58a')
        p.rect(776, 262, 66, 84, '#ffffff')
        p.rect(782, 268, 54, 72, '#9fc4d6')
        p.rect(807, 268, 4, 72, '#ffffff')
        p.poly([(330, 446), (620, 446), (790, 580), (190, 580)], '#c9c6bf')
        p.line([(475, 446), (490, 580)], '#b7b3ab', 4)
        for x in (650, 700, 750, 800, 850):
            p.oval(x, 446, 34, 26, '#3f7d44')
            p.oval(x - 8, 438, 16, 12, '#579a55')
        p.rect(0, 566, W, 12, '#d8d5cd')
        p.rect(0, 578, W, 142, '#5a6068')
        for x in range(30, W, 160):
            p.rect(x, 652, 84, 8, '#e8d98b')
        p.rect(930, 440, 8, 130, '#6f4e37')
        p.rect(908, 424, 54, 34, '#c8402f', 12)
    red, blue = car('#d6483f', '#bfe0ee', '#fff2b0'), car('#3c78b4', '#bfe0ee', '#fff2b0')

    def move(im, n):
        if n < 95:
            x = -300 + 1600 * n / 95
            im.paste(red, (round(x), 540 + (n % 4 == 0)), red)
        else:
            s = blue.transpose(Image.FLIP_LEFT_RIGHT).resize((345, 150), Image.LANCZOS)
            im.paste(s, (round(1290 - 1660 * (n - 95) / 54), 570), s)
    return back, move


def warehouse():
    def back(p):
        p.fade(0, 0, W, H, '#39424f', '#2b333f')
        p.poly([(0, 720), (520, 360), (760, 360), (1280, 720)], '#8b929b')
        p.poly([(360, 720), (600, 360), (604, 360), (384, 720)], '#f0c04a')
        p.poly([(920, 720), (680, 360), (676, 360), (896, 720)], '#f0c04a')
        p.rect(520, 196, 240, 166, '#55606e')
        p.rect(560, 226, 160, 136, '#aeb8c2')
        for y in range(236, 362, 16):
            p.rect(560, y, 160, 3, '#98a3ae')
        colours = ('#c99258', '#b57d45', '#d8a86e', '#6f9db8', '#5f8aa6', '#cf6f52')
        rnd = random.Random(7)
        for side in (0, 1):
            def at(t, y):  # a point of the rack's face: t 0 near, 1 far; y in 0..1 from the top
                x = 520 * (1 - (1 - t) ** 1.6)
                top, bottom = -130 + 326 * (1 - (1 - t) ** 1.6), 830 - 470 * (1 - (1 - t) ** 1.6)
                return (x if side == 0 else W - x, top + (bottom - top) * y)
            p.poly([at(0, 0), at(1, 0), at(1, 1), at(0, 1)], '#222a35')
            for bay in range(6):
                t0, t1 = bay / 6, (bay + 1) / 6
                for level in range(4):
                    y1 = .24 * (level + 1)
                    for half in (0, 1):
                        a = t0 + (t1 - t0) * (.08 + .46 * half)
                        b = a + (t1 - t0) * .38
                        c = rnd.choice(colours)
                        h = .13 + .06 * rnd.random()
                        c = mix(hexa(c), (34, 42, 53), .12 + .06 * bay)
                        p.poly([at(a, y1 - h), at(b, y1 - h), at(b, y1), at(a, y1)], c)
                        m = (a + b) / 2
                        p.poly([at(m - .005, y1 - h), at(m + .005, y1 - h), at(m + .005, y1), at(m - .005, y1)], mix(c, (255, 255, 255), .3))
            for level in range(4):
                y = .24 * (level + 1)
                p.poly([at(0, y), at(1, y), at(1, y + .018), at(0, y + .018)], '#e2772e')
            for bay in range(7):
                t = bay / 6
                p.poly([at(t, 0), at(min(t + .012, 1), 0), at(min(t + .012, 1), 1), at(t, 1)], '#2f6fa8')
        for i, y in enumerate((20, 92, 140, 172)):
            w = 300 - 66 * i
            p.rect(640 - w / 2 - 14, y - 8, w + 28, 16 + 14 - 4 * i, (255, 255, 255, 26), 10)
            p.rect(640 - w / 2, y, w, 14 - 3 * i, '#fdf8e4', 5)
    def lift(p):
        p.oval(110, 206, 100, 10, (0, 0, 0, 70))
        p.rect(44, 40, 132, 10, '#2a2e35', 4)
        p.rect(50, 46, 9, 84, '#2a2e35')
        p.rect(161, 46, 9, 84, '#2a2e35')
        p.oval(110, 82, 17, 19, '#e0ac85')
        p.poly([(90, 78), (94, 60), (126, 60), (130, 78)], '#f2d13c')
        p.rect(86, 100, 48, 50, '#e8743b', 12)
        p.rect(103, 100, 14, 50, '#f5e56b')
        p.rect(30, 122, 160, 74, '#f2b632', 16)
        p.rect(30, 164, 160, 32, '#cf9420', 12)
        for x in (52, 168):
            p.oval(x, 146, 11, 11, '#fff6cf')
        p.rect(24, 160, 26, 48, '#1d2127', 8)
        p.rect(170, 160, 26, 48, '#1d2127', 8)
        p.rect(78, 140, 64, 46, '#b57d45', 3)
        p.rect(104, 140, 12, 46, '#dcb98c')
        p.oval(110, 34, 10, 9, '#ff9a3c')
    forklift = sprite(220, 220, lift)

    def move(im, n):
        # Comes up the aisle, and goes back: near is large.
        t = .5 - .5 * math.cos(math.tau * n / FRAMES)
        size = round(84 + 286 * t ** 1.4)
        s = forklift.resize((size, size), Image.LANCZOS)
        x = 640 + 70 * math.sin(math.tau * 2 * n / FRAMES) * t
        y = 372 + 322 * t ** 1.4
        im.paste(s, (round(x - size / 2), round(y - size)), s)
    return back, move


def garden():
    def back(p):
        p.fade(0, 0, W, 330, '#8fd0ee', '#f4f6de')
        p.poly([(0, 340), (0, 250), (220, 190), (470, 270), (760, 180), (1060, 260), (1280, 200), (1280, 350)], '#a9d3b5')
        p.rect(0, 262, W, 120, '#a3774d')
        for x in range(-6, W, 46):
            p.rect(x, 236, 42, 144, '#c79a6b', 4)
            p.rect(x + 36, 240, 6, 140, '#b3875a')
        p.rect(0, 262, W, 10, '#ad8055')
        p.rect(0, 340, W, 10, '#ad8055')
        p.rect(0, 372, W, 348, '#86c064')
        p.oval(640, 760, 900, 300, '#93ca6d')
        for x, y, s in ((130, 420, 1.7), (1160, 410, 1.5)):
            p.oval(x, y + 6, 74 * s, 13 * s, '#6fa953')
            tree(p, x, y, s, '#3f8a55', '#5aa765')
        for i in range(5):
            p.oval(70 + i * 30, 262 - (i * 37) % 60, 8, 8, '#e2574c')
        p.rect(880, 238, 170, 146, '#8f5f4a')
        p.poly([(862, 246), (965, 168), (1068, 246)], '#5f6f86')
        p.rect(934, 290, 62, 94, '#6d4737')
        p.rect(892, 268, 34, 34, '#cfe6ee', 3)
        rnd = random.Random(3)
        for x in range(300, 860, 26):
            p.line([(x, 392), (x + rnd.randint(-6, 6), 356)], '#4d8d4a', 4)
            p.oval(x + rnd.randint(-5, 5), 352 + rnd.randint(-8, 8), 11, 11, rnd.choice(('#f0c33c', '#e86a8c', '#ffffff', '#9b72cf')))
        p.poly([(470, 392), (560, 392), (860, 720), (400, 720)], '#e3d3b2')
        for t in range(5):
            k = (t / 5) ** 1.5
            p.oval(516 + 112 * k, 408 + 300 * k, 34 + 110 * k, 7 + 22 * k, '#cdbb97')
        p.oval(1030, 560, 150, 48, '#5aa9c9')
        p.oval(1030, 556, 140, 40, '#79c4de')
        for a in range(0, 360, 24):
            p.oval(1030 + 152 * math.cos(math.radians(a)), 560 + 50 * math.sin(math.radians(a)), 20, 13, '#a6a8a4')
        p.oval(990, 552, 18, 7, '#5d9f58')
        p.rect(140, 560, 190, 14, '#9b6b43', 4)
        p.rect(140, 500, 190, 12, '#9b6b43', 4)
        p.rect(140, 524, 190, 12, '#9b6b43', 4)
        p.rect(152, 496, 10, 118, '#7d5433')
        p.rect(308, 496, 10, 118, '#7d5433')

    def dog(step):
        def draw(p):
            a = math.sin(step) * 12
            p.oval(80, 122, 70, 6, (0, 0, 0, 45))
            for x, k in ((46, a), (58, -a), (108, -a), (120, a)):
                p.line([(x, 78), (x + k, 118)], '#a8693a', 11)
            p.line([(36, 62), (16, 40 + a * .5)], '#c17f4a', 10)
            p.rect(32, 48, 98, 42, '#c98a52', 20)
            p.rect(84, 60, 44, 30, '#f0ddc4', 12)
            p.oval(136, 44, 23, 21, '#c98a52')
            p.rect(146, 44, 26, 16, '#f0ddc4', 8)
            p.oval(170, 49, 6, 5, '#222222')
            p.oval(142, 38, 4, 4, '#222222')
            p.poly([(122, 30), (134, 26), (130, 62), (118, 58)], '#8d5630')
            p.line([(118, 62), (128, 70)], '#d6483f', 7)
        return sprite(180, 130, draw)
    dogs = [dog(math.tau * i / 6) for i in range(6)]

    def move(im, n):
        x = -200 + 1500 * n / (FRAMES - 5)
        hop = abs(math.sin(n * math.pi / 6)) * 10
        im.paste(dogs[n % 6], (round(x), round(440 + 40 * math.sin(n / 24) - hop)), dogs[n % 6])
        b = n / FRAMES
        bx, by = round(1240 - 1300 * b), round(120 + 46 * math.sin(b * 9))
        d = ImageDraw.Draw(im)
        f = 16 if n % 6 < 3 else -6
        d.line([(bx - 22, by - f), (bx, by), (bx + 22, by - f)], fill='#3d4a5c', width=5)
    return back, move


def car_park():
    def back(p):
        p.fade(0, 0, W, 300, '#0f1830', '#26355c')
        rnd = random.Random(11)
        for _ in range(46):
            x, y = rnd.randint(0, W), rnd.randint(0, 170)
            p.oval(x, y, 1.6, 1.6, '#c9d6f2')
        p.oval(196, 84, 34, 34, '#f3ecd0')
        p.oval(210, 76, 30, 30, '#131d38')
        for x, w, h in ((0, 170, 150), (180, 120, 210), (310, 190, 120), (640, 150, 190), (800, 230, 140), (1040, 110, 220), (1160, 130, 160)):
            p.rect(x, 310 - h, w, h, '#1a2440')
            for wy in range(round(310 - h + 14), 296, 26):
                for wx in range(x + 12, x + w - 16, 26):
                    p.rect(wx, wy, 13, 13, '#f2cf7a' if rnd.random() < .32 else '#222f52')
        p.rect(0, 306, W, 414, '#2c3444')
        p.rect(0, 306, W, 8, '#3a4458')
        for lx in (330, 950):
            p.glow(lx, 420, 330, '#ffd98f', 6, 9)
            p.rect(lx - 5, 150, 10, 330, '#4a556b')
            p.rect(lx - 46, 142, 92, 12, '#4a556b', 5)
            for d in (-34, 34):
                p.rect(lx + d - 15, 152, 30, 8, '#fff1c4', 3)
                p.glow(lx + d, 158, 46, '#ffe3a0', 20, 4)
        for i in range(9):
            x = -40 + i * 170
            p.poly([(x, 340), (x + 7, 340), (x - 24, 470), (x - 33, 470)], '#cfd6df')
        p.rect(0, 338, W, 5, '#cfd6df')
        for i in range(10):
            p.rect(20 + i * 150, 600, 76, 8, '#b9a34e')
        p.poly([(1050, 664), (1150, 664), (1150, 646), (1200, 672), (1150, 698), (1150, 680), (1050, 680)], '#8f98a8')
    parked = [car(c, '#52617c', '#c9ced8').resize((160, 70), Image.LANCZOS) for c in ('#7b8798', '#a24a46', '#3e6a8c', '#c7c2b4')]
    moving = car('#d9dde4', '#6b7c9b', '#fff6c8').resize((330, 143), Image.LANCZOS)

    def cone(p):
        p.poly([(0, 40), (0, 58), (300, 96), (300, 4)], (255, 240, 180, 62))
        p.poly([(0, 44), (0, 56), (210, 80), (210, 22)], (255, 240, 180, 52))
    beam = sprite(300, 100, cone)

    def decorate(im):
        for i, slot in enumerate((0, 2, 3, 5, 6)):
            s = parked[i % 4]
            im.paste(s, (-30 + slot * 170 + 132 - 130, 372), s)

    def move(im, n):
        t = n / 118
        if t < 1.02:
            x = round(-640 + 2000 * t)
            im.paste(beam, (x + 318, 540), beam)
            im.paste(moving, (x, 500), moving)
        # A guard with a lamp walks along the back row.
        gx = round(1290 - 1400 * n / FRAMES)
        guard = guards[n % 10]
        im.paste(guard, (gx, 338), guard)
    guards = [person('#37507a', '#1d2536', math.tau * i / 10).resize((62, 112), Image.LANCZOS).transpose(Image.FLIP_LEFT_RIGHT) for i in range(10)]
    return back, move, decorate


SCENES = {'front-door': front_door, 'driveway': driveway, 'warehouse': warehouse, 'garden': garden, 'car-park': car_park}


def stamp(im, n, font):
    """The frame's number, as text and as eight bits (white is 1), on a plate at the lower left."""
    d = ImageDraw.Draw(im)
    d.rounded_rectangle((20, 664, 300, 700), 8, fill='#10141c')
    d.text((34, 670), 'FRAME %03d' % n, font=font, fill='#e8edf5')
    for bit in range(8):
        x = 164 + bit * 16
        d.rectangle((x, 674, x + 15, 690), fill='#ffffff' if n >> (7 - bit) & 1 else '#10141c')
    d.rectangle((162, 672, 293, 692), outline='#5b6678')


def frames(name):
    made = SCENES[name]()
    back, move = made[:2]
    big = Image.new('RGB', (W * S, H * S))
    back(Pen(big, S))
    still = big.resize((W, H), Image.LANCZOS)
    if len(made) > 2:
        made[2](still)
    font = ImageFont.truetype(FONT, 19)
    for n in range(FRAMES):
        im = still.copy()
        move(im, n)
        stamp(im, n, font)
        yield im


COLOUR = 'scale=%s:out_color_matrix=bt709:out_range=tv,format=yuv420p'
GOP = 'keyint=15:min-keyint=15:scenecut=0:bframes=0'
X264 = ['-c:v', 'libx264', '-preset', 'veryslow', '-profile:v', 'main', '-x264-params',
        GOP + ':slices=1:threads=1:repeat-headers=1:aud=0:qcomp=0.5', '-bsf:v', 'filter_units=remove_types=6']
X265 = ['-c:v', 'libx265', '-preset', 'slow', '-x265-params',
        GOP + ':open-gop=0:slices=1:pools=1:frame-threads=1:repeat-headers=1:aud=0:info=0:log-level=error']
# Name's end, format, size, and what the encoder is told.
VIDEOS = (
    ('.h264', 'h264', (W, H), X264 + ['-level', '3.1', '-crf', '33']),
    ('-sub.h264', 'h264', (W // 2, H // 2), X264 + ['-level', '3.0', '-crf', '34']),
    ('.h265', 'hevc', (W, H), X265 + ['-crf', '41']),
)


def encoder(name, end, form, size, options):
    return subprocess.Popen(
        ['ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{W}x{H}', '-r', str(FPS), '-i', '-',
         '-vf', COLOUR % ('%d:%d' % size if size != (W, H) else 'iw:ih'), '-colorspace', 'bt709', '-color_primaries', 'bt709',
         '-color_trc', 'bt709', *options, '-f', form, os.path.join(HERE, 'assets', name + end)], stdin=subprocess.PIPE)


def encode(name):
    running = [encoder(name, *video) for video in VIDEOS]
    pictures = []
    for n, im in enumerate(frames(name)):
        for ffmpeg in running:
            ffmpeg.stdin.write(im.tobytes())
        if n in JPEG_FRAMES:
            pictures.append(tiled(im))
    store(name, pictures)
    for ffmpeg in running:
        ffmpeg.stdin.close()
        if ffmpeg.wait():
            sys.exit('ffmpeg failed on ' + name)


def tiled(im):
    """The picture as a JPEG of restart intervals, each of which stands alone: its head, and what each interval holds."""
    whole = io.BytesIO()
    im.save(whole, 'JPEG', quality=80)
    jpeg = subprocess.run(['jpegtran', '-copy', 'none', '-restart', '%dB' % TILE_BLOCKS], input=whole.getvalue(),
                          stdout=subprocess.PIPE, check=True).stdout
    start = jpeg.index(b'\xff\xda')
    start += 2 + int.from_bytes(jpeg[start + 2:start + 4], 'big')
    return jpeg[:start], re.split(rb'\xff[\xd0-\xd7]', jpeg[start:-2])


def store(name, pictures):
    tiles = list(dict.fromkeys(tile for _, parts in pictures for tile in parts))
    places = {tile: i for i, tile in enumerate(tiles)}
    (head,) = {head for head, _ in pictures}
    numbers = [len(pictures), len(pictures[0][1]), len(tiles), *map(len, tiles)]
    shown = [places[tile] for _, parts in pictures for tile in parts]
    with open(os.path.join(HERE, 'assets', name + '.tiles'), 'wb') as out:
        out.write(struct.pack('>H', len(head)) + head + struct.pack('>%dH' % len(numbers), *numbers))
        out.write(b''.join(tiles) + struct.pack('>%dH' % len(shown), *shown))


def sound():
    """Eight seconds of AAC with a click at each whole second: sound.ts has the same formula."""
    rate, loop, scale = 16000, 8, (0, 2, 4, 5, 7, 9, 11, 12)

    def sample(i):
        second, t = divmod(i / rate, 1)
        if t < .004:
            return .8 if int(t * 2000) % 2 == 0 else -.8
        if not .1 <= t < .5:
            return 0
        hz = 440 * 2 ** (scale[int(second) % 8] / 12)
        return .25 * min(1, (t - .1) / .02, (.5 - t) / .02) * math.sin(2 * math.pi * hz * (t - .1))

    once = b''.join(round(sample(i) * 32767).to_bytes(2, 'little', signed=True) for i in range(rate * loop))
    adts = subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 's16le', '-ar', str(rate), '-ac', '1', '-i', '-', '-c:a', 'aac', '-profile:a', 'aac_low',
         '-b:a', '24k', '-f', 'adts', '-'], input=once * 3, stdout=subprocess.PIPE, check=True).stdout
    packets = []
    while adts:
        size = (adts[3] & 3) << 11 | adts[4] << 3 | adts[5] >> 5
        packets.append(adts[:size])
        adts = adts[size:]
    # The middle one of three rounds, so that its end runs on into its start; the encoder is one packet late.
    count = rate * loop // 1024
    with open(os.path.join(HERE, 'assets', 'sound.aac'), 'wb') as out:
        out.write(b''.join(packets[count + 1:count * 2 + 1]))


JPEG_FRAMES = set(range(0, FRAMES, FPS))
TILE_BLOCKS = 4  # of 16x16 pixels: small enough that what moves touches few

if __name__ == '__main__':
    if sys.argv[1:2] == ['--preview']:
        for scene in sys.argv[3:] or SCENES:
            for n, im in enumerate(frames(scene)):
                if n == 52:
                    im.save(os.path.join(sys.argv[2], scene + '.png'))
                    break
    else:
        os.makedirs(os.path.join(HERE, 'assets'), exist_ok=True)
        for scene in sys.argv[1:] or SCENES:
            encode(scene)
        if not sys.argv[1:]:
            sound()
